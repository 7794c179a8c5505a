#include "bench/report_load.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <tuple>

namespace lars::report_load_test {

using namespace lars::bench;

TEST_CASE("agents share the results, each with its own caller, over the given number of keys") {
  const report_load_size size{.agents = 3, .results = 10'000, .keys = 300, .seed = 7};
  std::size_t results = 0;
  std::set<std::tuple<route_key, endpoint, std::uint32_t>> keys;
  for (std::size_t agent = 0; agent < size.agents; ++agent)
    for (const auto& report : make_reports(size, agent, 1000)) {
      CHECK(report.ts == 1000);
      CHECK(report.results.size() <= 400);
      for (const auto& one : report.results) {
        keys.emplace(report.key, one.where, report.caller);
        std::uint64_t timed = 0;
        for (const std::uint64_t calls : one.delta.latency) timed += calls;
        CHECK(timed == one.delta.calls());
        ++results;
      }
    }
  CHECK(results == 10'000);
  CHECK(keys.size() <= 300);
  CHECK(keys.size() > 290);
}

TEST_CASE("the same seed makes the same load, another seed another") {
  const auto first_port_order = [](std::uint64_t seed) {
    std::vector<std::uint32_t> order;
    for (const auto& report : make_reports({.agents = 1, .results = 500, .keys = 5000, .seed = seed}, 0, 1))
      for (const auto& one : report.results) order.push_back(one.where.ip);
    return order;
  };
  CHECK(first_port_order(1) == first_port_order(1));
  CHECK(first_port_order(1) != first_port_order(2));
}

}  // namespace lars::report_load_test
