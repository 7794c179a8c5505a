#include "agent/lane_round.hpp"

#include <algorithm>
#include <functional>

namespace lars::agent {

void lane_round::add(module& to, const share::counted_calls& calls, std::uint32_t& hint) {
  auto& one = entries_.emplace_back(entry{&to, {}, &hint});
  one.calls.where = calls.where;
  one.calls.hint = calls.hint;
  one.calls.picks = calls.picks;
  one.calls.dropped = calls.dropped;
  one.calls.ended = {calls.ends - calls.failures, calls.failures, calls.run};
  one.calls.sums = {calls.ends - calls.failures, calls.failures, calls.latency_us, calls.cost, {}};
  one.calls.peak_us = calls.peak_us;
  std::ranges::copy(calls.latency, one.calls.sums.latency.begin());
}

void lane_round::sort() {
  std::ranges::sort(entries_, [](const entry& a, const entry& b) {
    return a.to != b.to ? std::less<>()(a.to, b.to) : a.calls.where < b.calls.where;
  });
}

std::size_t lane_round::merge(std::size_t first) {
  auto& all = entries_[first].calls;
  auto next = first + 1;
  for (; next < entries_.size() && entries_[next].to == entries_[first].to && entries_[next].calls.where == all.where;
       ++next) {
    const auto& one = entries_[next].calls;
    all.picks += one.picks;
    all.dropped += one.dropped;
    all.ended.successes += one.ended.successes;
    all.ended.failures += one.ended.failures;
    all.ended.trailing_failures = std::max(all.ended.trailing_failures, one.ended.trailing_failures);
    all.sums += one.sums;
    all.peak_us = std::max(all.peak_us, one.peak_us);
  }
  return next;
}

}  // namespace lars::agent
