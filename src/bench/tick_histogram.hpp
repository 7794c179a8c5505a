// How long many calls took, in ticks of some clock: a few kilobytes, whatever their number.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace lars::bench {

// Exact to 1.6 %. A plain value of a fixed size, so that it can lie in memory that processes share.
// Threads: owner context only.
class tick_histogram {
public:
  void add(std::uint64_t ticks) { ++counts_[place_of(ticks)]; }

  void add(const tick_histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

  std::uint64_t total() const {
    std::uint64_t all = 0;
    for (const auto count : counts_) all += count;
    return all;
  }

  // What this share of them did not exceed; 0 when there are none. REQUIRES: 0 <= share <= 1.
  std::uint64_t percentile(double share) const {
    const auto all = total();
    if (all == 0) return 0;
    const auto rank = std::min(all - 1, static_cast<std::uint64_t>(share * static_cast<double>(all)));
    std::size_t place = 0;
    for (std::uint64_t below = counts_[0]; below <= rank; below += counts_[place]) ++place;
    return middle_of(place);
  }

private:
  // A power of two is cut into this many places; below it each tick has its own.
  static constexpr std::uint64_t steps = 64;
  static constexpr unsigned step_bits = 6;
  static constexpr unsigned most_bits = 40;  // longer calls count as this long

  static std::size_t place_of(std::uint64_t ticks) {
    ticks = std::min(ticks, (std::uint64_t{1} << most_bits) - 1);
    if (ticks < steps) return ticks;
    const auto shift = static_cast<unsigned>(std::bit_width(ticks)) - 1 - step_bits;
    return (shift + 1) * steps + (ticks >> shift) - steps;
  }
  static std::uint64_t middle_of(std::size_t place) {
    if (place < 2 * steps) return place;
    const auto shift = place / steps - 1;
    return ((place % steps + steps) << shift) + ((std::uint64_t{1} << shift) / 2);
  }

  std::array<std::uint64_t, (most_bits - step_bits + 1) * steps> counts_{};
};

}  // namespace lars::bench
