#include "agent/callers/call_round.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <set>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::call_round_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 80};

struct home {
  operator service_home() { return {memory, memory, stats, active, feed}; }
  balance::heap_arena memory{4u << 20};
  host_stats stats;
  active_services active;
  service_feed feed;
};

struct judged_module {
  judged_module() {
    const std::vector<host> hosts{{first}, {second}};
    of.apply(hosts, now);
  }
  const balance::health_config health;
  home shared;
  base::time_point now{};
  service_state of{{1, 1}, health, shared};
};

share::counted_calls calls_to(endpoint where, std::uint64_t successes, std::uint64_t failures, std::uint64_t run,
                              std::uint32_t& hint) {
  share::counted_calls calls;
  calls.where = where;
  calls.hint = &hint;
  calls.picks = calls.ends = successes + failures;
  calls.failures = failures;
  calls.run = run;
  return calls;
}

bool is_overloaded(service_state& of, endpoint where) {
  balance::pick_request wish;
  const endpoint other = where == first ? second : first;
  wish.exclude = std::span(&other, 1);
  const auto picked = of.pick(wish, {});
  return picked.code != balance::pick_code::picked || picked.chosen.where != where;
}

}  // namespace

TEST_CASE("failures of several counters add up if none of them counted a success") {
  judged_module at;
  call_round round;
  std::uint32_t hints[2] = {UINT32_MAX, UINT32_MAX};
  round.add(at.of, calls_to(first, 0, 8, 8, hints[0]));
  round.add(at.of, calls_to(first, 0, 7, 7, hints[1]));
  int judged = 0;
  round.finish(at.now, [&](const call_round::judged_host& host) {
    ++judged;
    CHECK(host.where == first);
    CHECK(host.calls.ended.calls() == 15);
    CHECK(host.result.changed == balance::verdict::ejected);
  });
  CHECK(judged == 1);
  CHECK(hints[0] != UINT32_MAX);
  CHECK(is_overloaded(at.of, first));
  CHECK_FALSE(is_overloaded(at.of, second));
}

TEST_CASE("a thread's hint is updated when its counters are the first with the host in a round") {
  judged_module at;
  call_round round;
  std::uint32_t hints[2] = {UINT32_MAX, 1};
  round.add(at.of, calls_to(first, 1, 0, 0, hints[0]));
  round.add(at.of, calls_to(first, 1, 0, 0, hints[1]));
  round.finish(at.now, [](const call_round::judged_host&) {});
  CHECK(hints[0] == 0);
  round.add(at.of, calls_to(first, 1, 0, 0, hints[1]));
  round.finish(at.now, [](const call_round::judged_host& host) { CHECK(host.result.known); });
  CHECK(hints[1] == 0);
}

TEST_CASE("a success in one thread ends the streak: the longest trailing one counts") {
  judged_module at;
  call_round round;
  std::uint32_t hints[2] = {};
  round.add(at.of, calls_to(first, 1, 7, 7, hints[0]));
  round.add(at.of, calls_to(first, 0, 7, 7, hints[1]));
  round.finish(at.now, [&](const call_round::judged_host& host) { CHECK_FALSE(host.result.changed); });
  CHECK_FALSE(is_overloaded(at.of, first));
}

TEST_CASE("finishing a round clears it, and calls to unknown hosts are not judged") {
  judged_module at;
  call_round round;
  std::uint32_t hint = 0;
  round.add(at.of, calls_to({9, 9}, 1, 0, 0, hint));
  round.finish(at.now, [&](const call_round::judged_host& host) { CHECK_FALSE(host.result.known); });
  round.finish(at.now, [&](const call_round::judged_host&) { FAIL("nothing is left"); });
}

TEST_CASE("each host of a large round is judged once, for all counters") {
  judged_module at;
  call_round round;
  // Short after long and long after short: what a round needs follows the one before.
  for (const std::uint32_t hosts : {3u, 5000u, 7u, 0u, 300u, 20000u}) {
    std::vector<std::uint32_t> hints(3 * hosts + 1, UINT32_MAX);
    for (std::uint32_t counters = 0; counters < 3; ++counters)
      for (std::uint32_t ip = 0; ip < hosts; ++ip)
        round.add(at.of, calls_to({ip + 1000, 80}, counters + 1, 0, 0, hints[counters * hosts + ip]));
    round.add(at.of, calls_to(first, 1, 0, 0, hints.back()));
    std::set<endpoint> judged;
    round.finish(at.now, [&](const call_round::judged_host& host) {
      CHECK(judged.insert(host.where).second);
      CHECK(host.calls.ended.calls() == (host.where == first ? 1 : 6));
      CHECK(host.result.known == (host.where == first));
    });
    CHECK(judged.size() == hosts + 1);
    CHECK(hints.back() != UINT32_MAX);
  }
}

// The same calls, reported one by one over UDP and as one thread's counters in rounds of one call. `planted`: the
// counters hide the failure of every hundredth call.
namespace {

struct comparison {
  int changes = 0;      // of verdicts, over UDP
  int differences = 0;  // rounds that came to another one
};

comparison compare(std::uint64_t seed, bool planted) {
  std::mt19937_64 draw(seed);
  judged_module told;
  judged_module counted;
  call_round round;
  comparison found;
  std::uint32_t hints[2] = {UINT32_MAX, UINT32_MAX};
  std::uint64_t runs[2] = {};
  base::time_point now{};
  const auto illness = draw() % 100;
  for (int call = 0; call < 3000; ++call) {
    now += std::chrono::milliseconds(draw() % 20);
    const auto host = draw() % 2;
    const auto where = host == 0 ? first : second;
    // Failures come in stretches, so that runs of both kinds occur.
    const bool failed = (draw() % 100 < illness) == ((call / 40) % 2 == 0);
    runs[host] = failed ? runs[host] + 1 : 0;
    const auto over_udp = told.of.report({where}, failed ? balance::outcome::failure : balance::outcome::success, now);
    found.changes += over_udp.changed ? 1 : 0;
    auto calls = calls_to(where, failed ? 0 : 1, failed ? 1 : 0, runs[host], hints[host]);
    if (planted && call % 100 == 99) calls.failures = 0;
    round.add(counted.of, calls);
    round.finish(now, [&](const call_round::judged_host& judged) {
      found.differences += judged.result.changed == over_udp.changed ? 0 : 1;
    });
  }
  return found;
}

}  // namespace

TEST_CASE("one thread with one report per round gives the same verdicts as UDP, on any trace") {
  int changes = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto found = compare(seed, false);
    CHECK(found.differences == 0);
    changes += found.changes;
  }
  CHECK(changes > 100);
}

TEST_CASE("the comparison of verdicts detects counters that hide one failure in a hundred") {
  int differences = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) differences += compare(seed, true).differences;
  CHECK(differences > 0);
}

}  // namespace lars::call_round_test
