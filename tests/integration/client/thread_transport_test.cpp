// One thread's way through shared memory, against an agent that does what the test says.
#include "client/thread_transport.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>

#include "acted_agent.hpp"
#include "balance/module_state.hpp"
#include "balance/table/heap_arena.hpp"
#include "balance/table/policy_settings.hpp"
#include "share/caller_counters.hpp"

namespace lars::thread_transport_test {

using namespace lars::client;
using namespace lars::test;

namespace {

constexpr route_key key{1, 1};

// A rate as agents measure it, whatever they would make of this processor's counter: it is told to the transport.
base::tick_rate cycle_rate() {
  const base::tick_meter meter;
  std::this_thread::sleep_for(5ms);
  const auto rate = meter.rate();
  REQUIRE(rate.counts_cycles());
  return rate;
}

// A thread that picks from a module of four hosts in turn.
struct picking_thread {
  explicit picking_thread(base::tick_rate rate) : at(rate) {
    REQUIRE(at.attaches());
    serve();
    transport.emplace(at.transport);
    REQUIRE(transport->is_open());
    request.module = key;
  }
  // The agent at hand has the module.
  void serve() {
    hosts.emplace(health, key, *at.agent->routes, spare);
    use(balance::policy_kind::round_robin);
    set({1, 2, 3, 4});
    REQUIRE(at.agent->routes->add(key, hosts->position()));
  }
  void set(const std::vector<std::uint32_t>& ips) {
    std::vector<host> list;
    for (const auto ip : ips) list.push_back({{ip, 80}});
    hosts->apply(list, {});
  }
  void use(balance::policy_kind kind) {
    balance::policy_settings settings;
    settings.kind = kind;
    hosts->use(settings);
  }
  bool pick_fast(call& made) {
    made.module = key;
    return request.exclude.empty() && transport->pick_fast(request.module, request.cost, made);
  }
  // As a session picks.
  call pick() {
    call made;
    if (pick_fast(made)) {
      ++usual;
    } else {
      REQUIRE(transport->pick(request, made) == thread_transport::outcome::picked);
    }
    return made;
  }
  void finish(const call& made, bool failed = false) {
    if (!transport->finish_fast(made, failed)) transport->finish(made, true, failed);
  }
  // All hosts have places among the counters, and were looked at in the round that begins.
  void settle() {
    at.agent->beat();
    for (int i = 0; i < 20; ++i) finish(pick());
  }
  // What was counted, over all hosts.
  share::counted_calls counted() {
    share::caller_counters counters;
    REQUIRE(counters.add(at.agent->handed, share::allocated_bytes(share::first_segment)));
    share::counted_calls all;
    share::calls_sink sink([&](std::span<const share::counted_calls> found) {
      for (const auto& calls : found) {
        all.picks += calls.picks;
        all.ends += calls.ends;
        all.failures += calls.failures;
        all.latency_us += calls.latency_us;
      }
    });
    counters.look_at_all(sink);
    return all;
  }

  transport_and_agent at;
  const balance::health_config health;
  balance::heap_arena spare;
  std::optional<balance::module_state> hosts;
  std::optional<thread_transport> transport;
  pick_request request;
  int usual = 0;
};

}  // namespace

TEST_CASE("a call ends at its own host, though its counters there went to another host meanwhile") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  auto& routes = *at.agent->routes;
  const balance::health_config health;
  balance::heap_arena spare;
  balance::module_state hosts(health, key, routes, spare);
  hosts.apply(std::vector<host>{{{1, 80}}, {{2, 80}}, {{3, 80}}, {{4, 80}}}, {});
  REQUIRE(routes.add(key, hosts.position()));
  thread_transport one(at.transport);
  REQUIRE(one.is_open());
  const auto pick = [&](std::uint32_t ip) {
    pick_request wanted;
    wanted.module = key;
    std::vector<endpoint> rest;
    for (std::uint32_t i = 1; i <= 5; ++i)
      if (i != ip) rest.push_back({i, 80});
    wanted.exclude = rest;
    call made;
    made.module = key;
    REQUIRE(one.pick(wanted, made) == thread_transport::outcome::picked);
    REQUIRE(made.where.ip == ip);
    return made;
  };
  const auto own = pick(1);
  // Another thread's call to that host ends in these counters: as far as they tell nothing is under way there now.
  one.finish(own, false, false);
  for (const std::uint32_t ip : {2u, 3u, 4u}) one.finish(pick(ip), true, false);
  hosts.apply(std::vector<host>{{{2, 80}}, {{3, 80}}, {{4, 80}}, {{5, 80}}}, {});
  for (int i = 0; i < 120; ++i) routes.next_epoch();
  one.finish(pick(5), true, false);
  one.finish(own, true, true);
  share::caller_counters counters;
  REQUIRE(counters.add(at.agent->handed, share::allocated_bytes(share::first_segment)));
  std::map<std::uint32_t, std::uint64_t> failures;
  share::calls_sink sink([&](std::span<const share::counted_calls> found) {
    for (const auto& calls : found) failures[calls.where.ip] += calls.failures;
  });
  counters.look_at_all(sink);
  CHECK(failures[5] == 0);
  CHECK(failures[1] == 1);
}

TEST_CASE("a call that took less than a microsecond is one whose latency is known") {
  const auto rate = GENERATE_COPY(values({base::tick_rate{}, cycle_rate()}));
  picking_thread thread(rate);
  for (int i = 0; i < 100; ++i) thread.finish(thread.pick());
  CHECK((thread.usual > 0) == rate.counts_cycles());
  const auto all = thread.counted();
  CHECK(all.ends == 100);
  CHECK(all.latency_us >= 100);
}

TEST_CASE("the usual pick serves once all is known of this round, until something comes up") {
  const auto rate = cycle_rate();
  picking_thread thread(rate);
  auto& routes = *thread.at.agent->routes;
  call made;
  // No host has been picked, nor looked at.
  CHECK_FALSE(thread.pick_fast(made));
  thread.settle();
  REQUIRE(thread.pick_fast(made));
  CHECK(made.by == transport::shared_memory);
  CHECK(made.origin != 0);
  const auto works_again = [&] {
    CHECK_FALSE(thread.pick_fast(made));
    thread.settle();
    return thread.pick_fast(made);
  };
  SECTION("the agent sums up anew") {
    routes.next_tick();
    CHECK(works_again());
    routes.next_epoch();
    CHECK(works_again());
  }
  SECTION("a round is over") {
    thread.at.agent->beat();
    CHECK(works_again());
  }
  SECTION("the hosts change") {
    thread.set({1, 2, 3, 5});
    CHECK(works_again());
  }
  SECTION("a host is out") {
    for (int i = 0; i < 15; ++i) thread.hosts->record({2, 80}, balance::outcome::failure, {});
    CHECK_FALSE(works_again());
    for (int i = 0; i < 6; ++i) thread.hosts->record({2, 80}, balance::outcome::success, {});
    thread.settle();
    CHECK(thread.pick_fast(made));
  }
  SECTION("a host is excluded") {
    const endpoint without{1, 80};
    thread.request.exclude = std::span(&without, 1);
    CHECK_FALSE(works_again());
    thread.request.exclude = {};
    thread.settle();
    CHECK(thread.pick_fast(made));
  }
  SECTION("the agent ends") {
    routes.end();
    CHECK_FALSE(works_again());
  }
  SECTION("the agent stands still") {
    std::this_thread::sleep_for(600ms);
    CHECK(works_again());
  }
  SECTION("another agent comes") {
    thread.hosts.reset();
    thread.at.next_agent();
    thread.serve();
    REQUIRE(thread.at.attaches());
    CHECK_FALSE(thread.pick_fast(made));
    REQUIRE(thread.transport->is_open());
    CHECK(works_again());
  }
}

TEST_CASE("turns go on from pick to pick, however each was made") {
  const auto rate = cycle_rate();
  picking_thread thread(rate);
  auto before = thread.pick();
  for (int i = 0; i < 400; ++i) {
    if (i % 7 == 0) thread.at.agent->routes->next_tick();
    if (i % 11 == 0) thread.at.agent->beat();
    const auto made = thread.pick();
    REQUIRE(made.where.ip == before.where.ip % 4 + 1);
    thread.finish(before);
    before = made;
  }
  CHECK(thread.usual > 50);
  CHECK(thread.usual < 350);
}

TEST_CASE("the usual end of a call is counted where it began, and left to others where that is not its host's place") {
  const auto rate = cycle_rate();
  picking_thread thread(rate);
  thread.settle();
  thread.counted();
  auto made = thread.pick();
  auto elsewhere = made;
  elsewhere.where = {9, 80};
  CHECK_FALSE(thread.transport->finish_fast(elsewhere, false));
  elsewhere = made;
  elsewhere.origin = 0;
  CHECK_FALSE(thread.transport->finish_fast(elsewhere, false));
  CHECK(thread.counted().ends == 0);
  CHECK(thread.transport->finish_fast(made, true));
  const auto failed = thread.counted();
  CHECK(failed.ends == 1);
  CHECK(failed.failures == 1);
  made = thread.pick();
  thread.at.agent->routes->next_tick();
  CHECK_FALSE(thread.transport->finish_fast(made, false));
  CHECK(thread.counted().ends == 0);
}

TEST_CASE("a thread notices that a module has left, and finds it again where it comes back") {
  picking_thread thread(cycle_rate());
  thread.settle();
  auto& routes = *thread.at.agent->routes;
  const auto begun = thread.pick();
  const auto before = thread.hosts->position();
  thread.set({});
  routes.remove(key);
  thread.hosts->retire();
  thread.hosts->free_memory();
  // Another module takes the place.
  balance::module_state other(thread.health, {2, 2}, routes, thread.spare);
  other.apply(std::vector<host>{{{99, 80}}, {{98, 80}}, {{97, 80}}, {{96, 80}}}, {});
  REQUIRE(other.position() == before);
  call made;
  CHECK_FALSE(thread.pick_fast(made));
  CHECK(thread.transport->pick(thread.request, made) == thread_transport::outcome::unknown);
  CHECK_FALSE(thread.transport->route(key));
  thread.transport->report(key, {1, 80}, false, 100);
  // What began before ends in the counters that it began in, on any thread.
  thread.finish(begun);
  thread.serve();
  REQUIRE(thread.hosts->position() != before);
  thread.settle();
  CHECK(thread.transport->route(key)->size() == 4);
  const int usual = thread.usual;
  for (int i = 0; i < 10; ++i) {
    made = thread.pick();
    CHECK(made.where.ip <= 4);
    thread.finish(made);
  }
  CHECK(thread.usual > usual);
  const auto all = thread.counted();
  CHECK(all.picks == all.ends);
}

TEST_CASE("threads that are born while one of them waits for an agent have their calls counted") {
  picking_thread thread(cycle_rate());
  thread.at.next_agent();  // it hears, and says nothing
  std::this_thread::sleep_for(600ms);
  std::atomic<int> uncounted{0};
  // A call that waited so long for the lock may go uncounted; on a busy machine its holder may wait for a processor.
  constexpr auto lock_patience = 25ms;
  // As many as have room in what a program makes itself.
  for (int round = 0; round < 12; ++round) {
    std::vector<std::jthread> born;
    for (int i = 0; i < 3; ++i)
      born.emplace_back([&] {
        thread_transport own(thread.at.transport);
        call made;
        const auto begun = std::chrono::steady_clock::now();
        const bool picked = own.is_open() && own.pick(thread.request, made) == thread_transport::outcome::picked;
        const auto took = std::chrono::steady_clock::now() - begun;
        if (!picked || (made.origin == 0 && took < lock_patience)) ++uncounted;
      });
    born.clear();
    (void)thread.at.agent->hear();
    std::this_thread::sleep_for(110ms);  // until the next look for an agent
  }
  CHECK(uncounted == 0);
}

namespace {

// A thread whose calls take longer and longer, a second more each: what one was counted as tells whether it was timed.
struct timing_thread : picking_thread {
  explicit timing_thread(base::tick_rate ticks) : picking_thread(ticks), second(ticks.from_ns(1'000'000'000)) {
    settle();
    counted();
  }
  // So many calls; those that were timed, by host.
  std::map<std::uint32_t, int> timed_of(int calls) {
    std::map<std::uint32_t, int> timed;
    for (int i = 0; i < calls; ++i) {
      at.agent->beat();
      auto made = pick();
      made.start -= ++seconds * second;
      REQUIRE(transport->finish_fast(made, false));
      const auto all = counted();
      REQUIRE(all.ends == 1);
      // Half a second less: conversions of the rate round down, and more so the longer the call was.
      timed[made.where.ip] += all.latency_us >= seconds * 1'000'000 - 500'000 ? 1 : 0;
    }
    return timed;
  }
  void begin_second() {
    for (int i = 0; i < 10; ++i) at.agent->routes->next_epoch();
    settle();
    counted();
    seconds = 0;
  }

  const std::uint64_t second;  // in ticks
  std::uint64_t seconds = 0;
};

}  // namespace

TEST_CASE("round robin times the first calls to a host of a second and one in eight that follow, p2c each") {
  timing_thread thread(cycle_rate());
  for (int round = 0; round < 2; ++round) {
    for (const auto& [host, timed] : thread.timed_of(4 * 58)) CHECK(timed == 58);
    thread.timed_of(4 * 6);
    for (const auto& [host, timed] : thread.timed_of(4 * 160)) {
      CHECK(timed >= 160 / 11);
      CHECK(timed <= 160 / 5 + 1);
    }
    thread.begin_second();
  }
  thread.timed_of(4 * 70);
  thread.use(balance::policy_kind::p2c);
  thread.settle();
  thread.counted();
  int timed = 0;
  for (const auto& [host, of_host] : thread.timed_of(400)) timed += of_host;
  CHECK(timed == 400);
}

TEST_CASE("a call that is not timed ends as usual until the agent says that it ends") {
  timing_thread thread(cycle_rate());
  thread.timed_of(4 * 70);
  std::vector<call> made;
  for (int i = 0; i < 8; ++i) made.push_back(thread.pick());
  CHECK(thread.transport->finish_fast(made[0], false));
  thread.at.agent->routes->end();
  for (int i = 1; i < 8; ++i) CHECK_FALSE(thread.transport->finish_fast(made[static_cast<std::size_t>(i)], false));
}

}  // namespace lars::thread_transport_test
