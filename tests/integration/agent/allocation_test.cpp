#include <catch2/catch.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/calls/call_server.hpp"
#include "balance/module_state.hpp"
#include "balance/pick.hpp"
#include "balance/table/counter_slot.hpp"
#include "balance/table/heap_arena.hpp"
#include "heap_count.hpp"
#include "support/temp_dir.hpp"

namespace lars::allocation_test {

using namespace lars::agent;
using namespace lars::test;

TEST_CASE("a warm agent answers and judges calls without heap allocations") {
  const balance::health_config health;
  balance::heap_arena memory;
  service_index modules(memory, memory);
  const auto absent = std::make_unique<absent_modules>(base::clock::now());
  std::vector<host> hosts;
  for (std::uint32_t i = 1; i <= 10; ++i) hosts.push_back({{i, 80}});
  // With counters, as an agent with reporters has them.
  const temp_dir dir;
  call_counters counters;
  REQUIRE(counters.open(dir.path() / "counters"));
  counters.restart({}, {0});
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
  module.drain(counters.active_bank(), results, rows);
  REQUIRE(results.size() == 1);
  CHECK(results[0].delta.succ == 10000);
  CHECK(results[0].delta.latency[0] == 10000);
  CHECK(server->stats().hosts_given.value() == 10000);
  CHECK(server->stats().reports.value() == 10000);
  CHECK(server->stats().dropped_size.value() == 10000);
}

TEST_CASE("a picker that cannot allocate its cache reports that once and picks without it") {
  const balance::health_config health;
  balance::heap_arena memory;
  balance::module_state module(health, {1, 1}, memory, memory);
  std::vector<host> hosts;
  for (std::uint32_t i = 1; i <= 6; ++i) hosts.push_back({{i, 80}});
  const auto now = base::clock::now();
  module.apply(hosts, now);
  // Counters in another order than the hosts', so that places have to be written down; or fewer of them.
  std::vector<balance::counter_slot> slots(6);
  std::vector<balance::picker_entry> notes(6);
  std::vector<std::uint32_t> places(6);
  for (std::uint32_t slot = 0; slot < 6; ++slot) {
    module.observe(slot, {1, 0, 1000, 1000}, now);
    places[slot] = 5 - slot;
    notes[5 - slot].where = balance::join(slot + 1, 80);
  }
  for (const std::size_t counters : {6u, 5u}) {
    const balance::picker_counts counts{slots.data(), std::span(notes).first(counters), places, 0, 1, false, {}};
    balance::cursor own;
    bool failed = false;
    try {
      const heap_outage outage;
      balance::find_host(module.view(), own, {12345, {}, counts});
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    CHECK(failed);
    for (std::uint64_t i = 0; i < 100; ++i) {
      const auto draw = i * 0x9E3779B97F4A7C15u;
      CHECK(balance::find_host(module.view(), own, {draw, {}, counts}).code == balance::pick_code::picked);
      if (own.scores.serves()) own.scores.pick(counts.round, draw, own.turns.next);
    }
  }
}

}  // namespace lars::allocation_test
