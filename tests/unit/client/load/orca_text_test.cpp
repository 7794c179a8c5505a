#include "client/load/orca_text.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

namespace lars::orca_text_test {

using namespace lars::client;

namespace {

std::optional<orca_fields> parse(std::string_view text) {
  orca_fields fields;
  return parse_orca_text(text, fields) ? std::optional(fields) : std::nullopt;
}

}  // namespace

TEST_CASE("a list of metrics is read, in any order, with or without blanks") {
  for (const std::string text : {
           "cpu_utilization=0.3,application_utilization=0.5,rps_fractional=10,rps=9,eps=1,named_metrics.in_flight=7",
           "  eps = 1 ,\tnamed_metrics.in_flight = 7, rps=9,rps_fractional=1e1 , application_utilization=.5,"
           "cpu_utilization = 3e-1 ",
           "cpu_utilization:0.3,application_utilization:0.5,rps_fractional:10,rps:9,eps:1,named_metrics.in_flight:7",
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

TEST_CASE("metrics of others are of no account, even twice") {
  const auto fields = parse("mem_utilization=0.9,named_metrics.queue=3,named_metrics.queue=4,in_flight=5,eps=-2");
  REQUIRE(fields);
  CHECK((*fields)[orca_fields::eps] == -2);
  CHECK((*fields)[orca_fields::in_flight] == 0);
}

TEST_CASE("what is no list of metrics is refused") {
  for (const std::string text : {"",
                                 " ",
                                 ",",
                                 "eps",
                                 "eps=",
                                 "=1",
                                 "eps=1,",
                                 ",eps=1",
                                 "eps=1,,rps=1",
                                 "eps=one",
                                 "eps=1 2",
                                 "eps=0x10",
                                 "eps=nan",
                                 "eps=inf",
                                 "eps=-infinity",
                                 "eps=1e999",
                                 "eps=+1",
                                 "eps==1",
                                 "eps=1;rps=2",
                                 "named_metrics.=1",
                                 "eps=1,eps=1",
                                 "named_metrics.in_flight=1,named_metrics.in_flight=2"}) {
    INFO(text);
    CHECK_FALSE(parse(text));
  }
  CHECK_FALSE(parse(std::string("eps=1\0", 6)));
}

}  // namespace lars::orca_text_test
