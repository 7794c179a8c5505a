#include "agent/lane_round.hpp"

#include <algorithm>
#include <functional>

namespace lars::agent {

void lane_round::add(module& to, const share::counted_calls& calls, std::uint32_t& hint) {
  auto& one = entries_.emplace_back(entry{{}, &hint});
  order_.push_back({&to, calls.where, static_cast<std::uint32_t>(entries_.size() - 1)});
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
  std::ranges::sort(order_, [](const turn& a, const turn& b) {
    if (a.to != b.to) return std::less<>()(a.to, b.to);
    return a.where != b.where ? a.where < b.where : a.entry < b.entry;
  });
}

// Far ahead the module, and once that is there what it keeps of the host.
void lane_round::fetch_ahead(std::size_t from) const {
  constexpr std::size_t near = 8;
  constexpr std::size_t far = 16;
  if (from + far < order_.size()) order_[from + far].to->fetch_ahead();
  if (from + near < order_.size()) order_[from + near].to->fetch_ahead(entries_[order_[from + near].entry].calls.hint);
}

std::size_t lane_round::merge(std::size_t first) {
  auto& all = entries_[order_[first].entry].calls;
  auto next = first + 1;
  for (; next < order_.size() && order_[next].to == order_[first].to && order_[next].where == all.where; ++next) {
    const auto& one = entries_[order_[next].entry].calls;
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
