#include "share/checkpoint_diff.hpp"

#include <algorithm>
#include <utility>

namespace lars::share {
namespace {

// How far a count has grown; 0 if it went backwards.
template <class T>
std::uint64_t growth(T now, T& taken, std::uint64_t& rejected) {
  const auto before = std::exchange(taken, now);
  if (now >= before) return std::min<std::uint64_t>(now - before, most_calls_a_scan);
  ++rejected;
  return 0;
}

// Failures are raised before ends: a failure whose end was not read yet belongs to the next scan.
std::uint64_t take_failures(std::uint64_t now, std::uint64_t ends, std::uint64_t& taken, std::uint64_t& rejected) {
  if (now < taken) {
    ++rejected;
    taken = now;
    return 0;
  }
  const auto more = std::min(now - taken, ends);
  taken += more;
  return more;
}

// The bucket with the most calls.
std::size_t fullest(const counter_slot& of) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < of.latency.size(); ++i)
    if (of.latency[i].load(std::memory_order_relaxed) > of.latency[most].load(std::memory_order_relaxed)) most = i;
  return most;
}

// Takes the latencies of `into.ends` calls. Buckets are raised before `ends`: what they hold beyond that belongs to the
// next scan. Most scans find one call, and its latency tells the bucket.
void take_latencies(const counter_slot& slot, checkpoint_entry& taken, counted_calls& into) {
  std::uint64_t found = 0;
  const auto take = [&](std::size_t bucket) {
    const auto now = static_cast<std::uint16_t>(slot.latency[bucket].load(std::memory_order_relaxed));
    const auto more = static_cast<std::uint16_t>(now - std::exchange(taken.latency[bucket], now));
    into.latency[bucket] += more;
    found += more;
  };
  if (into.ends == 1) take(base::latency_bucket_of(into.latency_us));
  for (std::size_t i = 0; i < into.latency.size() && found < into.ends; ++i) take(i);
  // More than 65,535 calls to one host since the last scan: the 16-bit counts wrapped. Add the missing multiples of
  // 65,536 to the fullest bucket.
  if (found + 65536 <= into.ends) [[unlikely]]
    into.latency[fullest(slot)] += static_cast<std::uint32_t>((into.ends - found) / 65536 * 65536);
}

}  // namespace

slot_change take_calls(const counter_slot& slot, std::uint32_t number, checkpoint_entry& taken, counted_calls& into,
                       std::uint64_t& rejected) {
  // Read ends before picks, so that no call is seen to end before it began.
  const auto ends = slot.ends.load(std::memory_order_acquire);
  const auto dropped = slot.dropped.load(std::memory_order_acquire);
  const auto picks = slot.picks.load(std::memory_order_acquire);
  if (picks == taken.picks && ends == taken.ends && dropped == taken.dropped) return slot_change::none;
  const auto name = slot.where.load(std::memory_order_acquire);
  if (name == 0) return slot_change::none;
  // Else the calls in flight would be taken from another host than they were added to.
  if (name != taken.where && in_flight(taken) != 0) return slot_change::replaced;
  // Our libraries count a host at the index of its slot in the module if that is free.
  if (std::exchange(taken.where, name) != name) taken.hint = number;
  into.where = endpoint_of(name);
  into.hint = &taken.hint;
  into.picks = growth(picks, taken.picks, rejected);
  into.ends = growth(ends, taken.ends, rejected);
  into.failures = take_failures(slot.failures.load(std::memory_order_relaxed), into.ends, taken.failures, rejected);
  into.latency_us = growth(slot.latency_us.load(std::memory_order_relaxed), taken.latency_us, rejected);
  into.cost = growth(slot.cost.load(std::memory_order_relaxed), taken.cost, rejected);
  into.dropped = std::min<std::uint64_t>(dropped - taken.dropped, most_calls_a_scan);  // modulo 2^32
  taken.dropped = dropped;
  into.run = slot.run.load(std::memory_order_relaxed);
  into.peak_us = slot.peak_us.load(std::memory_order_relaxed);
  into.latency = {};
  take_latencies(slot, taken, into);
  return slot_change::counted;
}

std::int32_t in_flight(const checkpoint_entry& taken) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(taken.picks - taken.ends) - taken.dropped);
}

bool covers(const counter_slot& slot, const checkpoint_entry& taken) {
  if (taken.picks > slot.picks.load(std::memory_order_relaxed) ||
      taken.ends > slot.ends.load(std::memory_order_relaxed))
    return false;
  return in_flight(taken) == 0 || taken.where == slot.where.load(std::memory_order_relaxed);
}

endpoint endpoint_of(std::uint64_t name) { return {balance::high_of(name), balance::low_of(name)}; }

}  // namespace lars::share
