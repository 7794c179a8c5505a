// Time stamps for calls of a few nanoseconds, and the cost of taking them.
#pragma once

#include <cstdint>

#include "base/tick_clock.hpp"

namespace lars::bench {

// The processor's counter where it is constant and nonstop, else CLOCK_MONOTONIC. Immutable after construction.
class stopwatch {
public:
  // Measures the counter's rate and cost; takes some ten milliseconds.
  stopwatch();

  // A time stamp with fences: earlier instructions have finished, later ones have not begun.
  std::uint64_t now() const {
    if (!rate_.counts_cycles()) return base::monotonic_ns();
#if defined(__x86_64__)
    _mm_lfence();
    const auto stamp = base::cycle_count();
    _mm_lfence();
    return stamp;
#else
    return base::cycle_count();
#endif
  }

  bool counts_cycles() const { return rate_.counts_cycles(); }
  double to_ns(double ticks) const {
    return counts_cycles() ? ticks * static_cast<double>(rate_.units()) / 4294967296.0 : ticks;
  }
  std::uint64_t ticks_of(double ns) const { return static_cast<std::uint64_t>(ns / to_ns(1)); }

  // Ticks between two stamps taken in a row; the median of many.
  std::uint64_t own_cost() const { return own_cost_; }

private:
  base::tick_rate rate_;
  std::uint64_t own_cost_ = 0;
};

}  // namespace lars::bench
