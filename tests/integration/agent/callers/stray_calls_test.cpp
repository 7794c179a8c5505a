#include "agent/callers/stray_calls.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "balance/table/heap_arena.hpp"
#include "support/temp_dir.hpp"

namespace lars::agent::stray_calls_test {
namespace {

using namespace std::chrono_literals;

constexpr route_key known{1, 1};
constexpr route_key later{2, 1};
constexpr endpoint member{1, 80};
constexpr endpoint former{9, 80};

host_calls calls_to(endpoint where, std::uint64_t successes, std::uint64_t failures = 0) {
  return {.where = where, .picks = successes + failures, .ended = {successes, failures, failures}};
}

// Counters, one module with a host, and dns's answers for other modules.
struct counting {
  counting() {
    REQUIRE(counters.open(dir.path() / "counters"));
    counters.restart({}, {});
    modules.add(known, health).apply(std::vector<host>{{member}}, now, &counters);
  }

  std::uint64_t counted(route_key key, endpoint where) const {
    const auto found = counters.retired().find({key, where});
    if (found == counters.retired().end()) return 0;
    return found->second->banks[counters.active_bank()].sums().calls();
  }
  std::uint64_t settle_later(base::duration after) {
    now += after;
    return strays.retry(now);
  }

  test::temp_dir dir;
  base::time_point now{1000s};
  call_counters counters;
  balance::health_config health;
  balance::heap_arena memory;
  service_index modules{memory, memory};
  std::set<route_key> absent;
  std::vector<route_key> asked;
  bool dns = true;
  stray_calls strays{modules,
                     &counters,
                     {[this](route_key key, std::uint64_t) {
                        asked.push_back(key);
                        return absent.contains(key) ? share::attach_status::absent : share::attach_status::pulling;
                      },
                      [this] { return dns; }}};
};

}  // namespace

TEST_CASE("calls to a removed host are counted") {
  counting d;
  CHECK(d.strays.count(known, calls_to(former, 3, 2)) == 0);
  CHECK(d.strays.count(known, calls_to(former, 1)) == 0);
  CHECK(d.counted(known, former) == 6);
  CHECK(d.strays.waiting() == 0);
}

TEST_CASE("rows of strays are freed after their drain, and a returning host gets its own") {
  counting d;
  d.strays.count(known, calls_to(former, 3));
  const auto rows = d.counters.rows();
  auto* const row = d.counters.allocate(known, former);
  CHECK(row->banks[d.counters.active_bank()].sums().calls() == 3);
  d.counters.retire(row);
  d.counters.begin_drain({1010});
  d.counters.finish_drain({row});
  CHECK(d.counters.rows() == rows - 1);
}

TEST_CASE("invented hosts cannot use up all memory") {
  counting d;
  std::uint64_t refused = 0;
  for (std::uint32_t ip = 1000; ip < 1000 + call_counters::most_strays + 10; ++ip)
    refused += d.strays.count(known, calls_to({ip, 80}, 1));
  CHECK(refused == 10);
  d.counters.begin_drain({1010});
  d.counters.finish_drain({});
  CHECK(d.strays.count(known, calls_to(former, 1)) == 0);
}

TEST_CASE("calls to an unknown module wait for it, then judge its hosts") {
  counting d;
  CHECK(d.strays.wait(later, calls_to(member, 5), 1) == 0);
  CHECK(d.strays.wait(later, calls_to(member, 0, 20), 1) == 0);
  CHECK(d.strays.wait(later, calls_to(former, 2), 1) == 0);
  CHECK(d.asked == std::vector<route_key>{later});
  CHECK(d.settle_later(100ms) == 0);
  CHECK(d.strays.waiting() == 27);
  auto& came = d.modules.add(later, d.health);
  came.apply(std::vector<host>{{member}}, d.now, &d.counters);
  CHECK(d.settle_later(100ms) == 0);
  CHECK(d.strays.waiting() == 0);
  CHECK(d.counted(later, former) == 2);
  std::vector<proto::call_result> results;
  std::vector<call_row*> rows;
  d.counters.begin_drain({1010});
  came.drain(d.counters.drain_bank(), results, rows);
  REQUIRE(results.size() == 1);
  CHECK(results[0].delta.calls() == 25);
}

TEST_CASE("calls to a module that dns does not know are dropped and counted") {
  counting d;
  d.strays.wait(later, calls_to(member, 5), 1);
  d.absent.insert(later);
  CHECK(d.settle_later(1s) == 5);
  CHECK(d.strays.waiting() == 0);
  CHECK(d.settle_later(1s) == 0);
}

TEST_CASE("stray calls wait while dns is disconnected, and ten minutes after") {
  counting d;
  d.dns = false;
  d.strays.wait(later, calls_to(member, 5), 1);
  CHECK(d.settle_later(24h) == 0);
  d.dns = true;
  CHECK(d.settle_later(1s) == 0);
  CHECK(d.settle_later(stray_calls::patience - 1s) == 0);
  CHECK(d.settle_later(2s) == 5);
}

TEST_CASE("waiting calls are limited per caller") {
  counting d;
  std::uint64_t refused = 0;
  for (std::int32_t modid = 100; modid < 100 + static_cast<std::int32_t>(stray_calls::most_modules) + 3; ++modid)
    refused += d.strays.wait({modid, 1}, calls_to(member, 1), 1);
  CHECK(refused == 3);
  CHECK(d.strays.wait({1, 7}, calls_to(member, 1), 2) == 0);
  for (std::uint32_t ip = 0; ip < stray_calls::most_hosts + 5; ++ip)
    refused += d.strays.wait({1, 7}, calls_to({ip + 1000, 80}, 1), 2);
  CHECK(refused == 3 + 6);
  // Room comes back.
  for (std::int32_t modid = 100; modid < 2000; ++modid) d.absent.insert({modid, 1});
  d.settle_later(1s);
  CHECK(d.strays.wait({5000, 1}, calls_to(member, 1), 1) == 0);
}

TEST_CASE("the limit of waiting calls per caller covers all modules, also those first requested by others") {
  counting d;
  constexpr std::uint32_t hosts = 128;
  constexpr std::int32_t modules = static_cast<std::int32_t>(stray_calls::most_hosts_in_all / hosts) + 4;
  d.strays.wait({100, 1}, calls_to(member, 1), 2);
  std::uint64_t refused = 0;
  for (std::int32_t modid = 100; modid < 100 + modules; ++modid)
    for (std::uint32_t ip = 0; ip < hosts; ++ip) refused += d.strays.wait({modid, 1}, calls_to({ip + 1000, 80}, 1), 1);
  CHECK(refused == 4 * hosts);
  CHECK(d.strays.waiting() == stray_calls::most_hosts_in_all + 1);
  CHECK(d.strays.wait({1, 7}, calls_to(member, 1), 2) == 0);
  // More calls to hosts that wait already take no room.
  CHECK(d.strays.wait({100, 1}, calls_to({1000, 80}, 1), 1) == 0);
  for (std::int32_t modid = 100; modid < 100 + modules; ++modid) d.absent.insert({modid, 1});
  d.settle_later(1s);
  CHECK(d.strays.wait({5000, 1}, calls_to(member, 1), 1) == 0);
}

TEST_CASE("at the end all waiting calls are counted") {
  counting d;
  d.strays.wait(later, calls_to(member, 5), 1);
  d.strays.finish();
  CHECK(d.counted(later, member) == 5);
}

TEST_CASE("calls in flight to an unknown module move into it and end there") {
  counting d;
  d.strays.wait(later, {.where = member, .picks = 4}, 1);
  auto& came = d.modules.add(later, d.health);
  came.apply(std::vector<host>{{member}}, d.now, &d.counters);
  d.settle_later(100ms);
  came.refresh_load(d.now);
  CHECK(came.explain(1, base::random_source(1), d.now).each.at(0).calls == 4);
}

}  // namespace lars::agent::stray_calls_test
