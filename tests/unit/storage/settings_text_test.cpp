#include "storage/settings_text.hpp"

#include <catch2/catch.hpp>

#include "storage/settings_row.hpp"

namespace lars::settings_text_test {

using namespace lars::storage;

namespace {

std::string why(std::string_view text) {
  const auto read = parse_settings(text);
  return read ? "" : read.error().detail;
}

}  // namespace

TEST_CASE("settings are written in one way only, and read as they were") {
  base::module_settings settings{"p2c", {{"tau", "10s"}, {"choices", "4"}}, {{"err_rate", "0.2"}}, 20};
  const auto text = format_settings(settings);
  CHECK(text ==
        R"({"health":{"err_rate":"0.2"},"parameter":{"choices":"4","tau":"10s"},"policy":"p2c","subset_size":20})");
  CHECK(parse_settings(text).value() == settings);
  CHECK(format_settings({}) == "{}");
  CHECK(parse_settings("{}")->empty());
  CHECK(parse_settings(" {\"subset_size\": 4294967295} ")->subset_size == 4294967295u);
}

TEST_CASE("what is no such JSON is refused with what is wrong") {
  CHECK(why("").starts_with("not JSON: "));
  CHECK(why("{\"policy\":\"p2c\"").starts_with("not JSON: "));
  CHECK(why("[]") == "not a JSON object");
  CHECK(why("{\"polcy\":\"p2c\"}") == "polcy is unknown; there are: policy, parameter, health, subset_size");
  CHECK(why("{\"policy\":7}") == "policy must be text");
  CHECK(why("{\"health\":[]}") == "health must be an object");
  CHECK(why("{\"parameter\":{\"choices\":4}}") == "parameter.choices must be text");
  for (const auto* number : {"-1", "4294967296", "1.5", "\"1\"", "null"})
    CHECK(why("{\"subset_size\":" + std::string(number) + "}") == "subset_size must be a whole number, 0 or more");
  CHECK(why(std::string(settings_limit + 1, ' ')) == "longer than 65536 bytes");
  CHECK(why(std::string(10'000, '[')).starts_with("not JSON: "));
}

}  // namespace lars::settings_text_test
