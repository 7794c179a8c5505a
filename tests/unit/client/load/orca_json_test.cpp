#include "client/load/orca_json.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

namespace lars::orca_json_test {

using namespace lars::client;

namespace {

std::optional<orca_fields> parse(std::string_view text) {
  orca_fields fields;
  return parse_orca_json(text, fields) ? std::optional(fields) : std::nullopt;
}

}  // namespace

TEST_CASE("an object is read, whichever way protobuf spells its names and numbers") {
  for (
      const std::string text : {
          R"({"cpu_utilization":0.3,"application_utilization":0.5,"rps_fractional":10,"rps":9,"eps":1,"named_metrics":{"in_flight":7}})",
          R"({"cpuUtilization":0.3,"applicationUtilization":0.5,"rpsFractional":1E+1,"rps":"9","eps":"1","namedMetrics":{"in_flight":7}})",
          " {\t\"eps\" :\n1 , \"rps\" : 9,\r\"named_metrics\":{ \"in_flight\": 7 , \"queue\" "
          ":3},\"cpu_utilization\":3e-1,"
          "\"application_utilization\":0.50, \"rps_fractional\":10.0 } ",
      }) {
    INFO(text);
    const auto fields = parse(text);
    REQUIRE(fields);
    CHECK((*fields)[orca_fields::cpu_utilization] == 0.3);
    CHECK((*fields)[orca_fields::application_utilization] == 0.5);
    CHECK((*fields)[orca_fields::rps_fractional] == 10);
    CHECK((*fields)[orca_fields::rps] == 9);
    CHECK((*fields)[orca_fields::eps] == 1);
    CHECK((*fields)[orca_fields::in_flight] == 7);
  }
}

TEST_CASE("members of others may be anything, and null is the default") {
  const auto fields = parse(
      R"({"mem_utilization":0.9,"utilization":{"disk":0.5},"x":[],"y":[1,"\"\\\u00e9",[{}],true,false,null],"z":{},)"
      R"("cpu_utilization":null,"named_metrics":null,"eps":-0})");
  REQUIRE(fields);
  CHECK((*fields)[orca_fields::cpu_utilization] == 0);
  CHECK(parse("{}"));
}

TEST_CASE("what is no object, or has no number where one belongs, is refused") {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "}",
                                 "[]",
                                 "1",
                                 "null",
                                 "{}x",
                                 "{} {}",
                                 "{\"eps\"}",
                                 "{\"eps\":}",
                                 "{\"eps\":1,}",
                                 "{,}",
                                 "{\"eps\" 1}",
                                 "{\"eps\":1 \"rps\":2}",
                                 "{eps:1}",
                                 "{'eps':1}",
                                 "{\"eps\":01}",
                                 "{\"eps\":1.}",
                                 "{\"eps\":.5}",
                                 "{\"eps\":-}",
                                 "{\"eps\":1e}",
                                 "{\"eps\":+1}",
                                 "{\"eps\":0x1}",
                                 "{\"eps\":NaN}",
                                 "{\"eps\":\"NaN\"}",
                                 "{\"eps\":\"Infinity\"}",
                                 "{\"eps\":1e999}",
                                 "{\"eps\":true}",
                                 "{\"eps\":{}}",
                                 "{\"eps\":[1]}",
                                 "{\"eps\":\"\"}",
                                 "{\"eps\":\"1",
                                 "{\"eps\":1",
                                 "{\"x\":\"\\x\"}",
                                 "{\"x\":\"\\u12g4\"}",
                                 "{\"x\":\"\\",
                                 "{\"x\":\"\n\"}",
                                 "{\"x\":[1,]}",
                                 "{\"x\":[1}",
                                 "{\"x\":{]}",
                                 "{\"x\":nul}",
                                 "{\"eps\":1,\"eps\":1}",
                                 "{\"rps_fractional\":1,\"rpsFractional\":1}",
                                 "{\"named_metrics\":{\"in_flight\":\"many\"}}",
                                 "{\"named_metrics\":{\"queue\":{}}}"}) {
    INFO(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("nesting ends at a depth that no report has") {
  const auto nested = [](std::size_t depth) {
    return "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(parse(nested(15)));
  CHECK_FALSE(parse(nested(16)));
  CHECK_FALSE(parse(nested(8000)));
  std::string objects;
  for (int i = 0; i < 2000; ++i) objects += "{\"x\":";
  CHECK_FALSE(parse(objects));
}

}  // namespace lars::orca_json_test
