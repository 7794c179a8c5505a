#include "balance/load/call_observations.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

namespace lars::call_observations_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

struct three_hosts {
  struct record {
    host_signals signals;
  };

  explicit three_hosts(bool compares = true) { use(compares); }
  void use(bool compares) { observed.use({compares, {10s, 1s}, 3s}); }
  void observe(std::uint32_t slot, const observation& calls) {
    observed.observe(hosts[slot].signals, slot, live[slot], calls, now);
  }
  host_column<host_signals> signals() { return {std::span(hosts), &record::signals}; }
  void turn() { observed.turn_failures(signals(), live.data(), hosts.size(), now); }
  std::optional<double> drift() { return observed.drift_latencies(members, signals(), live.data(), now); }
  std::uint64_t latency(std::uint32_t slot) const { return live[slot].latency.load(); }
  std::uint64_t failing_calls(std::uint32_t slot) const { return live[slot].score.load() / 1024; }

  time_point now{1000s};
  call_observations observed;
  std::vector<record> hosts{3};
  std::array<live_slot, 3> live{};
  std::vector<member> members{{{1, 80}, 0, 1}, {{2, 80}, 1, 2}, {{3, 80}, 2, 3}};
};

}  // namespace

TEST_CASE("a host's latency is published as calls end") {
  three_hosts module;
  module.observe(1, {1, 0, 300, 300});
  CHECK(module.latency(1) == 300'000);
  CHECK(module.latency(0) == 0);
  CHECK_FALSE(module.observed.any_failing());
}

TEST_CASE("a policy that does not compare measures nothing but calls for weights") {
  three_hosts module(false);
  module.observe(1, {5, 2, 300, 300});
  CHECK(module.latency(1) == 0);
  CHECK_FALSE(module.observed.any_failing());
  CHECK(module.hosts[1].signals.weight.calls == 5);
  CHECK(module.hosts[1].signals.weight.failures == 2);
  CHECK(module.drift() == std::nullopt);
}

TEST_CASE("failures beyond those of other hosts count for calls, until they fade") {
  three_hosts module;
  module.turn();
  module.now += 1s;
  module.observe(0, {100, 100, 100, 1});
  CHECK(module.observed.any_failing());
  CHECK(module.failing_calls(0) == 0);
  module.turn();
  const auto calls = module.failing_calls(0);
  CHECK(calls > 10);
  CHECK(module.failing_calls(1) == 0);
  module.now += 1s;
  module.turn();
  CHECK(module.failing_calls(0) < calls);
  for (int i = 0; i < 60; ++i) {
    module.now += 1s;
    module.turn();
  }
  CHECK(module.failing_calls(0) == 0);
  CHECK_FALSE(module.observed.any_failing());
}

TEST_CASE("where all hosts fail alike none is to be avoided") {
  three_hosts module;
  module.now += 1s;
  for (std::uint32_t slot = 0; slot < 3; ++slot) module.observe(slot, {100, 100, 100, 1});
  module.turn();
  for (std::uint32_t slot = 0; slot < 3; ++slot) CHECK(module.failing_calls(slot) == 0);
}

TEST_CASE("failures are turned at most once in 50 ms") {
  three_hosts module;
  module.observe(0, {10, 10, 0, 1});
  module.turn();
  module.observe(0, {10, 10, 0, 1});
  module.now += 49ms;
  module.turn();
  CHECK(module.hosts[0].signals.failures == 10);
  module.now += 1ms;
  module.turn();
  CHECK(module.hosts[0].signals.failures == 0);
}

TEST_CASE("failures that were counted before the policy changed fade, and are not published") {
  three_hosts module;
  module.now += 1s;
  module.observe(0, {100, 100, 0, 1});
  module.use(false);
  module.turn();
  CHECK(module.failing_calls(0) == 0);
  CHECK(module.observed.any_failing());
}

TEST_CASE("latencies drift towards the median, which is returned") {
  three_hosts module;
  CHECK(module.drift() == 0.0);
  module.observe(0, {1, 0, 100, 100});
  module.observe(1, {1, 0, 200, 200});
  module.observe(2, {1, 0, 90'000, 90'000});
  CHECK(module.drift() == Approx(200'000));
  CHECK(module.latency(2) == 90'000'000);
  module.now += 30s;
  module.drift();
  CHECK(module.latency(2) < 10'000'000);
  CHECK(module.latency(0) > 100'000);
}

}  // namespace lars::call_observations_test
