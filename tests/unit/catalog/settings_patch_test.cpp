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
  CHECK(why({}, {.policy = "p3c"}).starts_with("policy is 'p3c', allowed: p2c, "));
  CHECK(why({}, {.parameter = {{"tau", "1h"}}}) == "parameter.tau is '1h', allowed: 100ms .. 10m");
  CHECK(why({"rr", {}, {}, 0}, {.parameter = {{"tau", "1s"}}}) == "parameter.tau is unknown; there are: none");
  CHECK(why({}, {.health = {{"err_rate", "2"}}}) == "health.err_rate is '2', allowed: number 0 .. 1");
  CHECK(why({}, {.health = {{"err_rat", "1"}}}).starts_with("health.err_rat is unknown; there are: "));
  CHECK(why({}, {.parameter = {{"tau", ""}}}) == "parameter.tau is not set, so it cannot be removed");
}

TEST_CASE("an error of settings carries the field that it is about") {
  const auto field = [](const settings_patch& patch) { return patched({}, patch).error().field; };
  CHECK(field({.policy = "p3c"}) == "policy");
  CHECK(field({.parameter = {{"tau", "1h"}}}) == "parameter.tau");
  CHECK(field({.parameter = {{"toe", "1"}}}) == "parameter.toe");
  CHECK(field({.parameter = {{"tau", ""}}}) == "parameter.tau");
  CHECK(field({.health = {{"err_rate", "2"}}}) == "health.err_rate");
  CHECK(field({.health = {{"err_rat", ""}}}) == "health.err_rat");
  CHECK(parse_values("health", std::vector<std::string>{"a"}).error().field == "health");
  CHECK(parse_values("health", std::vector<std::string>{"a=1", "a=2"}).error().field == "health.a");
  CHECK(parse_subset_size("1000001").error().field == "subset_size");
  CHECK(*parse_subset_size("1000000") == most_subset_hosts);
}

TEST_CASE("words are NAME=VALUE pairs with unique names") {
  CHECK(parse_values("parameter", std::vector<std::string>{"a=1", "b=", "c=x=y"}).value() ==
        settings::named_values{{"a", "1"}, {"b", ""}, {"c", "x=y"}});
  for (const auto& wrong : {std::vector<std::string>{"a"}, {"=1"}, {""}, {"a=1", "a=2"}})
    CHECK_FALSE(parse_values("parameter", wrong));
}

}  // namespace lars::settings_patch_test
