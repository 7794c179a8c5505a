// A histogram of call times in ticks of some clock: a few kilobytes, however many calls.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace lars::bench {

// Exact to 1.6 %. Trivially copyable and of a fixed size, so that processes can share it.
// Threads: owner context only.
class tick_histogram {
public:
  void add(std::uint64_t ticks) { ++counts_[bucket_of(ticks)]; }

  void add(const tick_histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

  std::uint64_t total() const {
    std::uint64_t all = 0;
    for (const auto count : counts_) all += count;
    return all;
  }

  // The time that this share of the calls did not exceed; 0 when there are none. REQUIRES: 0 <= share <= 1.
  std::uint64_t percentile(double share) const {
    const auto all = total();
    if (all == 0) return 0;
    const auto rank = std::min(all - 1, static_cast<std::uint64_t>(share * static_cast<double>(all)));
    std::size_t bucket = 0;
    for (std::uint64_t below = counts_[0]; below <= rank; below += counts_[bucket]) ++bucket;
    return middle_of(bucket);
  }

private:
  // Buckets per power of two; below this number each tick has a bucket.
  static constexpr std::uint64_t steps = 64;
  static constexpr unsigned step_bits = 6;
  static constexpr unsigned most_bits = 40;  // longer calls count as this long

  static std::size_t bucket_of(std::uint64_t ticks) {
    ticks = std::min(ticks, (std::uint64_t{1} << most_bits) - 1);
    if (ticks < steps) return ticks;
    const auto shift = static_cast<unsigned>(std::bit_width(ticks)) - 1 - step_bits;
    return (shift + 1) * steps + (ticks >> shift) - steps;
  }
  static std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < 2 * steps) return bucket;
    const auto shift = bucket / steps - 1;
    return ((bucket % steps + steps) << shift) + ((std::uint64_t{1} << shift) / 2);
  }

  std::array<std::uint64_t, (most_bits - step_bits + 1) * steps> counts_{};
};

}  // namespace lars::bench
