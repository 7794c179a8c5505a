#include <catch2/catch.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/call_server.hpp"
#include "balance/heap_arena.hpp"
#include "heap_count.hpp"
#include "support/temp_dir.hpp"

using namespace lars;
using namespace lars::agent;
using namespace lars::test;

TEST_CASE("a warm agent answers and judges calls without touching the heap") {
  const balance::health_config health;
  balance::heap_arena memory;
  module_index modules(memory, memory);
  const auto absent = std::make_unique<absent_modules>(base::clock::now());
  std::vector<host> hosts;
  for (std::uint32_t i = 1; i <= 10; ++i) hosts.push_back({{i, 80}});
  // With counters, as an agent with reporters has them.
  const temp_dir dir;
  call_counters counters;
  REQUIRE(counters.open(dir.path() / "counters"));
  counters.restart({}, 0);
  auto& module = modules.add({1, 1}, health);
  module.apply(hosts, base::clock::now(), &counters);
  const auto server = std::make_unique<call_server>(modules, *absent, [](miss_queue&) {});
  std::vector<char> reply(65507);
  char ask[wire::small_datagram_limit];
  char report[wire::small_datagram_limit];
  char route[wire::small_datagram_limit];
  const std::string_view asking(ask, wire::encode(wire::get_host_request{1, {1, 1}}, ask));
  const std::string_view reporting(report,
                                   wire::encode(wire::report_request{{1, 1}, true, {1, 80}, 0, 250, 3}, report));
  const std::string_view routing(route, wire::encode(wire::caller_route_request{{1, 1}}, route));
  const auto before = heap_requests();
  std::size_t answered = 0;
  for (int i = 0; i < 10000; ++i) {
    answered += server->on_datagram(asking, {}, reply) > 0;
    answered += server->on_datagram(reporting, {}, reply) > 0;
    answered += server->on_datagram(routing, {}, reply) > 0;
    server->on_datagram("rubbish", {}, reply);
    server->on_batch_end();
  }
  CHECK(heap_requests() == before);
  // The counter itself counts. Volatile, or the optimiser leaves out a pair that nobody could notice.
  int* volatile counted = new int(1);
  CHECK(heap_requests() == before + 1);
  delete counted;
  CHECK(answered == 20000);
  std::vector<proto::call_result> results;
  std::vector<call_row*> rows;
  module.harvest(counters.active_bank(), results, rows);
  REQUIRE(results.size() == 1);
  CHECK(results[0].delta.succ == 10000);
  CHECK(results[0].delta.latency[0] == 10000);
  CHECK(server->probe().hosts_given.value() == 10000);
  CHECK(server->probe().reports.value() == 10000);
  CHECK(server->probe().dropped_size.value() == 10000);
}
