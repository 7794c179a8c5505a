#include "reporter/aggregate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace lars::aggregate_test {

using namespace lars::reporter;

namespace {

const flush_moment now{1'700'000'005, {}};

base::agent_id agent(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

batch tracked(char name, std::uint64_t seq, std::uint64_t calls = 1, std::uint32_t ts = 1'700'000'001) {
  batch one;
  one.report.key = {1, 1};
  one.report.caller = 9;
  one.report.ts = ts;
  one.report.agent = agent(name);
  one.report.seq = seq;
  one.report.features = 1;
  proto::call_result result;
  result.where = {10, 80};
  result.succ = static_cast<std::uint32_t>(seq);
  result.delta.succ = calls;
  one.report.results.push_back(result);
  return one;
}

std::uint64_t calls_in(const flush_result& flush) {
  std::uint64_t calls = 0;
  for (const auto& row : flush.plan.history) calls += row.sums.calls();
  return calls;
}

using progress = std::vector<storage::agent_progress>;

}  // namespace

TEST_CASE("batches that follow the last one count, each once") {
  const std::vector<batch> batches{tracked('a', 5, 10), tracked('a', 6, 20)};
  const auto flush = aggregate(batches, progress{{agent('a'), 4}}, now);
  CHECK(calls_in(flush) == 30);
  CHECK(flush.batches == 2);
  REQUIRE(flush.agents.size() == 1);
  CHECK(flush.agents[0].applied == 6);
  CHECK_FALSE(flush.agents[0].gap);
  CHECK(flush.plan.progress == progress{{agent('a'), 6}});
}

TEST_CASE("a batch that was applied before does not count again, and its sender is told how far things are") {
  const std::vector<batch> batches{tracked('a', 4), tracked('a', 5), tracked('a', 5)};
  const auto flush = aggregate(batches, progress{{agent('a'), 4}}, now);
  CHECK(calls_in(flush) == 1);
  CHECK(flush.duplicates == 2);
  CHECK(flush.agents[0].applied == 5);
}

TEST_CASE("a batch without its predecessor does not count, nor what follows it, until the predecessor comes") {
  const std::vector<batch> gap{tracked('a', 6), tracked('a', 7)};
  const auto flush = aggregate(gap, progress{{agent('a'), 4}}, now);
  CHECK(calls_in(flush) == 0);
  CHECK(flush.gaps == 2);
  CHECK(flush.agents[0].gap);
  CHECK(flush.agents[0].applied == 4);
  // Written as it stands: a cluster is to say at the commit whether it still stands.
  CHECK(flush.plan.progress == progress{{agent('a'), 4}});
  const std::vector<batch> healed{tracked('a', 6), tracked('a', 5), tracked('a', 6)};
  const auto after = aggregate(healed, progress{{agent('a'), 4}}, now);
  CHECK(after.agents[0].applied == 6);
  CHECK_FALSE(after.agents[0].gap);
}

TEST_CASE("an agent with an acknowledgement of what the database has lost goes on under its own name") {
  std::vector<batch> batches{tracked('a', 9, 10), tracked('a', 10, 20)};
  batches[0].report.acked = batches[1].report.acked = 8;
  const auto flush = aggregate(batches, progress{{agent('a'), 5}}, now);
  CHECK(calls_in(flush) == 30);
  CHECK(flush.agents[0].applied == 10);
  CHECK(flush.agents[0].forgotten == 3);
  CHECK(flush.agents[0].caller == 9);
  CHECK_FALSE(flush.agents[0].gap);
  CHECK(flush.plan.progress == progress{{agent('a'), 10}});
}

TEST_CASE("nobody is asked for what it has an acknowledgement of") {
  std::vector<batch> batches{tracked('a', 12)};
  batches[0].report.acked = 8;
  const auto flush = aggregate(batches, progress{{agent('a'), 5}}, now);
  CHECK(calls_in(flush) == 0);
  CHECK(flush.agents[0].gap);
  CHECK(flush.agents[0].applied == 8);
  CHECK(flush.plan.progress == progress{{agent('a'), 8}});
}

TEST_CASE("an acknowledgement of less than the database knows, or of more than was sent, changes nothing") {
  std::vector<batch> batches{tracked('a', 5, 10), tracked('a', 6, 20), tracked('a', 8, 40)};
  batches[0].report.acked = 2;
  batches[1].report.acked = UINT64_MAX;
  batches[2].report.acked = 0;
  const auto flush = aggregate(batches, progress{{agent('a'), 5}}, now);
  CHECK(calls_in(flush) == 20);
  CHECK(flush.duplicates == 1);
  CHECK(flush.gaps == 1);
  CHECK(flush.agents[0].applied == 6);
  CHECK(flush.agents[0].forgotten == 0);
}

TEST_CASE("no claim moves progress to where the database cannot hold it") {
  std::vector<batch> batches{tracked('a', UINT64_MAX, 10), tracked('a', UINT64_MAX - 1, 20), tracked('b', 1, 40)};
  batches[0].report.acked = batches[1].report.acked = UINT64_MAX - 1;
  const auto flush = aggregate(batches, progress{{agent('a'), 5}, {agent('b'), 0}}, now);
  CHECK(calls_in(flush) == 40);
  CHECK(flush.gaps == 2);
  CHECK(flush.plan.progress == progress{{agent('a'), 5}, {agent('b'), 1}});
}

TEST_CASE("incarnations do not know each other") {
  const std::vector<batch> batches{tracked('b', 1, 3), tracked('a', 9, 5), tracked('b', 2, 4)};
  REQUIRE(agents_of(batches) == std::vector{agent('a'), agent('b')});
  const auto flush = aggregate(batches, progress{{agent('a'), 8}, {agent('b'), 0}}, now);
  CHECK(calls_in(flush) == 12);
  CHECK(flush.plan.progress == progress{{agent('a'), 9}, {agent('b'), 2}});
}

TEST_CASE("rows of one key become one: the last status, the sum of history") {
  std::vector<batch> batches{tracked('a', 1, 2), tracked('a', 2, 3)};
  batches[1].report.results[0].overload = true;
  const auto flush = aggregate(batches, progress{{agent('a'), 0}}, now);
  REQUIRE(flush.plan.updates.size() == 1);
  CHECK(flush.plan.updates[0].succ == 2);
  CHECK(flush.plan.updates[0].overload);
  REQUIRE(flush.plan.history.size() == 1);
  CHECK(flush.plan.history[0].sums.succ == 5);
  CHECK(flush.plan.history[0].bucket == 1'700'000'000);
}

TEST_CASE("old agents feed the status alone, whatever comes") {
  batch old = tracked('a', 0);
  old.report.features = 0;
  old.report.agent = {};
  old.report.ts = 1;
  const std::vector<batch> batches{old, old};
  CHECK(agents_of(batches).empty());
  const auto flush = aggregate(batches, progress{}, now);
  CHECK(flush.plan.overwrites.size() == 1);
  CHECK(flush.plan.updates.empty());
  CHECK(flush.plan.history.empty());
  CHECK(flush.plan.overwrites[0].ts == 1);
}

TEST_CASE("a database without progress takes every batch into the status, and all of it is acknowledged") {
  const std::vector<batch> batches{tracked('a', 7), tracked('a', 7), tracked('a', 9)};
  const auto flush = aggregate(batches, std::nullopt, now);
  CHECK(flush.agents[0].applied == 9);
  CHECK_FALSE(flush.agents[0].gap);
  CHECK(flush.plan.updates.size() == 1);
  CHECK(flush.plan.history.empty());
  CHECK(flush.plan.progress.empty());
}

TEST_CASE("without an age, a clock that is ten minutes off puts calls into the present") {
  const auto bucket = [](std::uint32_t ts) {
    const std::vector<batch> batches{tracked('a', 1, 1, ts)};
    return aggregate(batches, progress{{agent('a'), 0}}, now).plan.history.at(0).bucket;
  };
  CHECK(bucket(0) == 1'700'000'000);
  CHECK(bucket(4'000'000'000) == 1'700'000'000);
  CHECK(bucket(1'699'999'409) == 1'699'999'400);
  CHECK(bucket(1'700'000'300) == 1'700'000'000);  // not into the future
  CHECK(bucket(1'600'000'009) == 1'700'000'000);
}

TEST_CASE("a batch that tells its age is of as long ago, whatever its agent's clock says") {
  std::vector<batch> batches{tracked('a', 1, 1, 1'400'000'000)};
  auto& one = batches[0];
  one.report.age_ms = 7'200'000;
  const auto flushed = [&] { return aggregate(batches, progress{{agent('a'), 0}}, now); };
  CHECK(flushed().plan.history.at(0).bucket == 1'699'992'800);
  CHECK(flushed().plan.updates.at(0).ts == 1'699'992'805);
  // What it waited here counts, too.
  one.received = now.here - std::chrono::minutes(5);
  CHECK(flushed().plan.history.at(0).bucket == 1'699'992'500);
  one.report.ts = 4'000'000'000;
  CHECK(flushed().plan.history.at(0).bucket == 1'699'992'500);
  one.report.age_ms = UINT64_MAX;
  CHECK(flushed().plan.history.at(0).bucket == 1'700'000'000);
}

TEST_CASE("agents whose clocks are wrong are named, each once, and the others are not") {
  std::vector<batch> batches{tracked('a', 1), tracked('a', 2), tracked('b', 1), tracked('c', 1)};
  for (auto& one : batches) one.report.age_ms = 0;
  batches[0].report.ts = batches[1].report.ts = 1'400'000'000;
  batches[1].report.ts += 5;
  batches[2].report.caller = 7;
  batches[3].report.caller = 8;
  batches[3].report.age_ms.reset();
  batches[3].report.ts = 1'700'003'605;
  const auto flush = aggregate(batches, progress{{agent('a'), 0}, {agent('b'), 0}, {agent('c'), 0}}, now);
  CHECK(flush.skewed == 3);
  REQUIRE(flush.skewed_agents.size() == 2);
  CHECK(flush.skewed_agents[0].caller == 8);
  CHECK(flush.skewed_agents[0].skew == 3600);
  CHECK_FALSE(flush.skewed_agents[0].aged);
  CHECK(flush.skewed_agents[1].caller == 9);
  CHECK(flush.skewed_agents[1].skew == -300'000'000);
  CHECK(flush.skewed_agents[1].aged);
}

TEST_CASE("what one result may add is bounded") {
  std::vector<batch> batches{tracked('a', 1)};
  batches[0].report.results[0].delta.latency_sum_us = UINT64_MAX;
  batches[0].report.results[0].delta.cost_sum = UINT64_MAX;
  const auto flush = aggregate(batches, progress{{agent('a'), 0}}, now);
  CHECK(flush.plan.history[0].sums.latency_sum_us == std::uint64_t{1} << 44);
  CHECK(flush.plan.history[0].sums.cost_sum == std::uint64_t{1} << 44);
}

TEST_CASE("a result without calls makes no history") {
  std::vector<batch> batches{tracked('a', 1, 0)};
  const auto flush = aggregate(batches, progress{{agent('a'), 0}}, now);
  CHECK(flush.plan.history.empty());
  CHECK(flush.plan.updates.size() == 1);
}

namespace {

// A storage that only knows progress and the number of calls, given flushes in which agents' batches are lost, repeated
// and mixed, as fail-over makes them. `forgets`: it does not keep progress, which is the planted fault.
std::uint64_t counted_by_a_reporter(std::uint64_t seed, bool forgets) {
  std::mt19937_64 random(seed);
  const auto draw = [&](std::uint64_t bound) { return random() % bound; };
  std::map<base::agent_id, std::uint64_t> last;
  std::uint64_t counted = 0;
  std::map<char, std::uint64_t> sent{{'a', 0}, {'b', 0}, {'c', 0}};
  while (std::any_of(sent.begin(), sent.end(), [](const auto& one) { return one.second < 50; })) {
    std::vector<batch> flush;
    for (auto& [name, acknowledged] : sent) {
      const std::uint64_t from = acknowledged - std::min(acknowledged, draw(4)),
                          to = std::min<std::uint64_t>(50, from + draw(7));
      for (std::uint64_t seq = from + 1; seq <= to; ++seq)
        if (draw(20) != 0) flush.push_back(tracked(name, seq, seq));
    }
    progress known;
    for (const auto& id : agents_of(flush)) known.push_back({id, last[id]});
    const auto result = aggregate(flush, known, now);
    counted += calls_in(result);
    for (const auto& [id, seq] : result.plan.progress)
      if (!forgets || draw(10) != 0) last[id] = seq;
    for (auto& [name, acknowledged] : sent)
      for (const auto& one : result.agents)
        if (one.agent == agent(name)) acknowledged = one.applied;
  }
  return counted;
}

}  // namespace

TEST_CASE("however batches are repeated, lost and mixed, each counts once") {
  constexpr std::uint64_t all = 3 * 50 * 51 / 2;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO(seed);
    REQUIRE(counted_by_a_reporter(seed, false) == all);
  }
}

TEST_CASE("a storage that forgets progress is found out") {
  constexpr std::uint64_t all = 3 * 50 * 51 / 2;
  bool found = false;
  for (std::uint64_t seed = 1; seed <= 20 && !found; ++seed) found = counted_by_a_reporter(seed, true) != all;
  CHECK(found);
}

}  // namespace lars::aggregate_test
