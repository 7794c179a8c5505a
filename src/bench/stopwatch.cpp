#include "bench/stopwatch.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace lars::bench {
namespace {

constexpr std::chrono::milliseconds rate_run{10};
constexpr std::size_t pairs = 10001;

base::tick_rate measured_rate() {
  if (!base::cycles_are_even()) return {};
  const base::tick_meter meter;
  std::this_thread::sleep_for(rate_run);
  return meter.rate();
}

}  // namespace

stopwatch::stopwatch() : rate_(measured_rate()) {
  std::vector<std::uint64_t> costs(pairs);
  for (auto& cost : costs) {
    const auto begin = now();
    cost = now() - begin;
  }
  std::ranges::nth_element(costs, costs.begin() + pairs / 2);
  own_cost_ = costs[pairs / 2];
}

}  // namespace lars::bench
