#include "catalog/settings_patch.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace lars::settings_patch_test {

using namespace catalog;
using settings = base::module_settings;

namespace {

std::string why(const settings& current, const settings_patch& patch) {
  const auto next = patched(current, patch);
  return next ? "" : next.error().detail;
}

}  // namespace

TEST_CASE("a patch leaves settings unchanged that it does not name") {
  const settings current{"p2c", {{"tau", "5s"}}, {{"err_rate", "0.2"}}, 10};
  CHECK(patched(current, {.parameter = {{"choices", "3"}}}).value() ==
        settings{"p2c", {{"tau", "5s"}, {"choices", "3"}}, {{"err_rate", "0.2"}}, 10});
  CHECK(patched(current, {.health = {{"err_rate", ""}, {"probe_num", "1"}}}).value() ==
        settings{"p2c", {{"tau", "5s"}}, {{"probe_num", "1"}}, 10});
  CHECK(patched(current, {.subset_size = 0}).value() == settings{"p2c", {{"tau", "5s"}}, {{"err_rate", "0.2"}}, 0});
}

TEST_CASE("a new policy replaces all parameters") {
  const settings current{"p2c", {{"tau", "5s"}}, {{"err_rate", "0.2"}}, 0};
  CHECK(patched(current, {.policy = "rr"}).value() == settings{"rr", {}, {{"err_rate", "0.2"}}, 0});
  CHECK(patched(current, {.policy = "p2c", .parameter = {{"choices", "4"}}}).value().parameter.size() == 1);
}

TEST_CASE("the patched settings are checked as a whole, and an error names the allowed values") {
  CHECK(why({}, {.policy = "p3c"}).starts_with("policy 'p3c' is unknown; there are: p2c, "));
  CHECK(why({}, {.parameter = {{"tau", "1h"}}}) == "tau = '1h' is not allowed; allowed: 100ms .. 10m");
  CHECK(why({"rr", {}, {}, 0}, {.parameter = {{"tau", "1s"}}}) == "parameter 'tau' is unknown; there are: none");
  CHECK(why({}, {.health = {{"err_rate", "2"}}}) == "err_rate = '2' is not allowed; allowed: number 0 .. 1");
  CHECK(why({}, {.health = {{"err_rat", "1"}}}).starts_with("health setting 'err_rat' is unknown; there are: "));
  CHECK(why({}, {.parameter = {{"tau", ""}}}) == "'tau' is not set, so it cannot be removed");
}

TEST_CASE("words are NAME=VALUE pairs with unique names") {
  CHECK(parse_values(std::vector<std::string>{"a=1", "b=", "c=x=y"}).value() ==
        settings::named_values{{"a", "1"}, {"b", ""}, {"c", "x=y"}});
  for (const auto& wrong : {std::vector<std::string>{"a"}, {"=1"}, {""}, {"a=1", "a=2"}})
    CHECK_FALSE(parse_values(wrong));
}

}  // namespace lars::settings_patch_test
