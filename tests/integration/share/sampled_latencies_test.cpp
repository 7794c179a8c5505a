// Latencies of which only a sample was timed, as the agent finds them.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "base/call_sums.hpp"
#include "counting_caller.hpp"

namespace lars::sampled_latencies_test {

using namespace lars::share;
using namespace lars::test;

namespace {

// A thread that calls two hosts in turn in a time of its own, and times a sample of the calls. The agent looks at the
// end of each round of 10 ms.
struct sampled_history {
  // With so many calls under way.
  sampled_history(std::function<double(std::mt19937_64&)> latency_us, std::uint64_t at_once)
      : draws(std::move(latency_us)), together(at_once) {
    caller.counters->sample_latencies(true);
  }
  void run(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uint64_t us = 0;
    while (us < 10'000'000 / together) {
      const auto& host = ++calls % 2 == 0 ? first : second;
      const auto place = caller.counters->index_of(host);
      turn(us);
      caller.counters->count_pick(place, 1, now);
      const auto latency = std::max<std::uint64_t>(static_cast<std::uint64_t>(draws(random)), 1);
      us += latency / together + 1;
      turn(us);
      end(place, latency);
    }
    agent.counters.look_at_all(agent.sink);
  }
  void turn(std::uint64_t us) {
    const auto tick = static_cast<std::uint32_t>(us / 10000 + 1);
    if (tick != now.tick) agent.counters.look(true, agent.sink);
    now = {tick, tick / 10};
  }
  // As the library does it.
  void end(std::uint32_t place, std::uint64_t latency) {
    ++truth.latency[base::latency_bucket_of(latency)];
    ++truth.succ;
    truth.latency_sum_us += latency;
    auto& counters = *caller.counters;
    const auto host = counters.host_at(place);
    const bool times = counters.times_next_end(place);
    if (times ? counters.count_reported_end(place, host, {false, latency, 1}, now)
              : counters.count_reported_untimed_end(place, host, false, 1, now)) {
      timed += times ? 1 : 0;
      return;
    }
    counters.count_end(place, {false, latency, 1}, now);
    ++timed;
  }
  base::call_sums seen() {
    base::call_sums sum;
    for (const auto& [where, of_host] : agent.sums) {
      base::call_sums one{of_host.ends, 0, of_host.latency_us, of_host.cost, {}};
      std::ranges::copy(of_host.latency, one.latency.begin());
      sum += one;
    }
    return sum;
  }

  const std::function<double(std::mt19937_64&)> draws;
  const std::uint64_t together;
  lone_caller caller;
  adding_agent agent{caller.files};
  rounds now{};
  base::call_sums truth;
  std::uint64_t calls = 0;
  std::uint64_t timed = 0;
};

// The width of the bucket that a latency lies in.
double width_at(double us) {
  const auto bucket = base::latency_bucket_of(static_cast<std::uint64_t>(std::ceil(us)));
  return static_cast<double>(base::latency_bound_us(bucket) - (bucket == 0 ? 0 : base::latency_bound_us(bucket - 1)));
}

std::function<double(std::mt19937_64&)> lognormal(double median_us, double sigma) {
  return [=, draw = std::lognormal_distribution<>(std::log(median_us), sigma)](std::mt19937_64& random) mutable {
    return draw(random);
  };
}

// `share` of the calls take `slow_us`, the others `fast_us`, all of them within a third of it.
std::function<double(std::mt19937_64&)> bimodal(double fast_us, double slow_us, double share) {
  return [=](std::mt19937_64& random) {
    const double around = std::uniform_real_distribution<>(0.67, 1.33)(random);
    return around * (std::bernoulli_distribution(share)(random) ? slow_us : fast_us);
  };
}

}  // namespace

TEST_CASE("quantiles of sampled latencies are those of all calls within the width of a bucket, and their sum is near") {
  const auto draws = GENERATE(lognormal(300, 0.5), lognormal(800, 1), lognormal(1500, 1.5), lognormal(2000, 0.3),
                              bimodal(400, 8000, 0.2), bimodal(700, 20000, 0.04), bimodal(300, 9000, 0.003));
  const std::uint64_t together = GENERATE(1, 10);
  std::uint64_t timed = 0, calls = 0;
  double counted_us = 0, true_us = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sampled_history history(draws, together);
    history.run(seed);
    const auto seen = history.seen();
    CHECK(seen.succ == history.calls);
    std::uint64_t latencies = 0;
    for (const auto of_bucket : seen.latency) latencies += of_bucket;
    CHECK(latencies == history.calls);
    for (const double share : {0.5, 0.9, 0.99}) {
      const auto wanted = *base::latency_quantile_us(history.truth, share);
      CHECK(std::abs(*base::latency_quantile_us(seen, share) - wanted) <= width_at(wanted));
    }
    counted_us += static_cast<double>(seen.latency_sum_us);
    true_us += static_cast<double>(history.truth.latency_sum_us);
    timed += history.timed;
    calls += history.calls;
  }
  CHECK(counted_us == Approx(true_us).epsilon(0.05));
  CHECK(timed < calls);
  if (together == 10) CHECK(timed < calls / 2);
}

}  // namespace lars::sampled_latencies_test
