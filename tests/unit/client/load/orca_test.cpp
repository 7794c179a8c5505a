#include "client/load/orca.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>

namespace lars::orca_test {

using namespace lars::client;

namespace {

std::string render(const host_load& load, orca_form form) {
  std::array<char, orca_room> room;
  return {room.data(), render_orca(load, form, room)};
}

}  // namespace

TEST_CASE("the utilization is the application's where it says one, else the CPU's") {
  CHECK(parse_orca("TEXT cpu_utilization=0.3, application_utilization=0.5")->report.utilization == 0.5);
  CHECK(parse_orca("TEXT cpu_utilization=0.3, application_utilization=0")->report.utilization == 0.3);
  CHECK(parse_orca("TEXT cpu_utilization=0.3, application_utilization=-1")->report.utilization == 0.3);
  CHECK(parse_orca(R"(JSON {"cpu_utilization":1.2})")->report.utilization == 1.2);
}

TEST_CASE("calls a second are those with a fraction, else the whole ones of before") {
  CHECK(parse_orca("TEXT rps=9, rps_fractional=9.5")->report.qps == 9.5);
  CHECK(parse_orca("TEXT rps=9")->report.qps == 9);
}

TEST_CASE("numbers that cannot be are unknown") {
  const auto load = parse_orca("TEXT cpu_utilization=-0.3, rps_fractional=1e300, eps=-1, named_metrics.in_flight=1e30");
  REQUIRE(load);
  CHECK(load->report.utilization == 0);
  CHECK(load->report.qps == 0);
  CHECK(load->report.eps == 0);
  CHECK(load->in_flight == 0);
}

TEST_CASE("blanks around the value are of no account, another form or none is refused") {
  CHECK(parse_orca(" \tTEXT cpu_utilization=0.3\r\n"));
  for (const std::string value : {"", " ", "TEXT", "TEXT ", "JSON", "JSON ", "BIN abcd", "text eps=1", "TEXTeps=1",
                                  "eps=1", "JSON eps=1", R"(TEXT {"eps":1})"}) {
    INFO(value);
    CHECK_FALSE(parse_orca(value));
  }
}

TEST_CASE("a value that no header holds is not looked at") {
  const std::string few = "TEXT eps=1";
  CHECK(parse_orca(few + std::string(longest_orca - few.size(), ' ')));
  CHECK_FALSE(parse_orca(few + std::string(longest_orca - few.size() + 1, ' ')));
}

TEST_CASE("a load is written in both forms, what is unknown left out") {
  const host_load all{{0.75, 1234.5, 0.25}, 7};
  CHECK(render(all, orca_form::text) ==
        "TEXT cpu_utilization=0.75, rps_fractional=1234.5, eps=0.25, named_metrics.in_flight=7");
  CHECK(render(all, orca_form::json) ==
        R"(JSON {"cpu_utilization":0.75,"rps_fractional":1234.5,"eps":0.25,"named_metrics":{"in_flight":7}})");
  CHECK(render({}, orca_form::text) == "TEXT cpu_utilization=0");
  CHECK(render({}, orca_form::json) == R"(JSON {"cpu_utilization":0})");
}

TEST_CASE("what was written is read again, and the largest load has room") {
  for (const host_load& load : {host_load{{0.75, 1234.5, 0.25}, 7}, host_load{{0.3333, 0, 0}, 0},
                                host_load{{99.9999, 999999999.9999, 999999999.9999}, 1000000000000000}}) {
    for (const auto form : {orca_form::text, orca_form::json}) {
      INFO(render(load, form));
      const auto again = parse_orca(render(load, form));
      REQUIRE(again);
      CHECK(again->report.utilization == load.report.utilization);
      CHECK(again->report.qps == load.report.qps);
      CHECK(again->report.eps == load.report.eps);
      CHECK(again->in_flight == load.in_flight);
    }
  }
  CHECK(render({{99.9999, 1e9, 1e9}, UINT64_MAX}, orca_form::json).size() < orca_room / 2);
}

}  // namespace lars::orca_test
