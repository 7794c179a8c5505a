#include "lab/scenario_reader.hpp"

#include <catch2/catch.hpp>

#include "lab/scenario_library.hpp"

namespace lars::scenario_reader_test {

using namespace lars::lab;
using namespace std::chrono_literals;

namespace {

const std::string good =
    "; a comment\n"
    "[scenario]\n"
    "offered = 10, 20.5\n"
    "measured = 10s\n"
    "policies = rr, p2c:tau=5s\n"
    "\n"
    "[servers slow]\n"
    "count = 2\n"
    "service = 12.5ms\n";

std::string refusal_of(const std::string& text) {
  const auto read = read_scenario(text, "x", "x.ini");
  return read ? "" : read.error().detail;
}

}  // namespace

TEST_CASE("a scenario has its values, and defaults for the rest") {
  const auto read = read_scenario(good, "x", "x.ini");
  REQUIRE(read);
  CHECK(read->offered == std::vector<double>{10, 20.5});
  CHECK(read->policies == std::vector<std::string>{"rr", "p2c:tau=5s"});
  CHECK(read->servers.size() == 2);
  CHECK(read->servers[1].service.mean == 12500us);
  REQUIRE(read->phases.size() == 1);
  CHECK(read->phases[0].to == 10s);
  CHECK_FALSE(read->limit);
}

TEST_CASE("times have units and are exact") {
  CHECK(parse_time("9.166667ms") == 9166667ns);
  CHECK(parse_time("0s") == 0ns);
  CHECK(parse_time("20us") == 20us);
  for (const auto* text : {"", "5", "ms", "-1s", "1h", "1e9s", "1 s", "nans"}) CHECK_FALSE(parse_time(text));
}

TEST_CASE("a refusal names the file, the line, the key and what is allowed") {
  CHECK(refusal_of(good + "cores = 0\n") ==
        "x.ini:10: [servers slow] cores = '0' is not allowed; allowed: whole number 1 .. 1024");
  CHECK(refusal_of(good + "core = 4\n") ==
        "x.ini:10: [servers slow] core is unknown; there are: count, cores, background_cores, service, service_law, "
        "service_cv");
  CHECK(refusal_of(good + "cores = 4\nbackground_cores = 4\n") ==
        "x.ini:7: [servers slow] background_cores leaves no core of 4");
  CHECK(refusal_of(good + "[limiter]\nperiod = 150ms\n").find("x.ini:11: [limiter] period") == 0);
  CHECK(refusal_of(good + "[health]\nprobe = 1\n").find("x.ini:11: [health] health.probe is unknown") == 0);
  CHECK(refusal_of(good + "[servers]\nservice = 1ms\n") == "x.ini:10: [servers] needs a name");
  CHECK(refusal_of(good + "[weather]\n").find("x.ini:10: [weather] is unknown; there are: [scenario]") == 0);
  CHECK(refusal_of(good + "count = 3\n") == "x.ini:10: count is there twice");
  CHECK(refusal_of(good + "[servers slow]\n") == "x.ini:10: [servers slow] is there twice");
  CHECK(refusal_of(good + "nonsense\n") == "x.ini:10: 'nonsense' is neither [section] nor key = value");
  CHECK(refusal_of("a = 1\n") == "x.ini:1: a key before any [section]");
  CHECK(refusal_of("[servers a]\nservice = 1ms\n") == "x.ini:1: there is no [scenario]");
  CHECK(refusal_of("[servers a]\n") == "x.ini:1: [servers a] lacks service (1ns .. 600s)");
}

TEST_CASE("faults and phases stay within the fleet and the run") {
  CHECK(refusal_of(good + "[fault a]\nat = 1s\nserver = 3\nkind = kill\n") ==
        "x.ini:10: [fault a] server: there are 2");
  CHECK(refusal_of(good + "[fault a]\nat = 1s\nserver = 1\nkind = melt\n").find("x.ini:13: [fault a] kind") == 0);
  CHECK(refusal_of(good + "[phase a]\nfrom = 5s\nto = 11s\n").find("x.ini:10: [phase a] from is before to") == 0);
}

TEST_CASE("every embedded scenario can be read; an unknown name is refused with a list of them") {
  REQUIRE(embedded_scenarios().size() >= 3);
  for (const auto& one : embedded_scenarios()) {
    const auto read = load_scenario(std::string(one.name));
    INFO(one.name << (read ? "" : ": " + read.error().detail));
    CHECK(read);
  }
  const auto none = load_scenario("jd-101");
  REQUIRE_FALSE(none);
  for (const auto* name : {"jd-100", "jd-100-x10", "jd-3"}) CHECK(none.error().detail.find(name) != std::string::npos);
}

TEST_CASE("the fleet of jd-100 serves 1059.2 units at its CPU target") {
  const auto plan = load_scenario("jd-100");
  REQUIRE(plan);
  double units = 0;
  for (const auto& one : plan->servers)
    units += one.cores * plan->limit->target / seconds_of(one.service.mean) / plan->unit;
  CHECK(plan->servers.size() == 100);
  CHECK(units == Approx(44 * 8.8 + 56 * 12.0).epsilon(1e-6));
}

}  // namespace lars::scenario_reader_test
