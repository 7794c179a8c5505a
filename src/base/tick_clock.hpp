// Timestamps that cost a few nanoseconds: the cycle counter of the processor if it has a constant rate, else
// CLOCK_MONOTONIC. The agent measures for the whole machine which of the two to use and how long a tick is.
#pragma once

#include <time.h>

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace lars::base {

inline std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// The cycle counter of this processor, or CLOCK_MONOTONIC if it has none, so that a tick_rate is valid on every
// machine. cycles_are_even() says whether the counter is usable as a clock.
inline std::uint64_t cycle_count() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return monotonic_ns();
#endif
}

// True if the counter never stops and has a constant rate (CPUID leaf 80000007h, EDX bit 8).
inline bool cycles_are_even() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
#else
  return false;
#endif
}

// The length of a tick in units of 2^-32 nanoseconds. 0 = ticks are nanoseconds of CLOCK_MONOTONIC.
// Immutable after construction.
class tick_rate {
public:
  tick_rate() = default;
  explicit tick_rate(std::uint64_t units) : units_(units) {}

  std::uint64_t units() const { return units_; }
  bool counts_cycles() const { return units_ != 0; }

  std::uint64_t now() const { return counts_cycles() ? cycle_count() : monotonic_ns(); }
  std::uint64_t to_ns(std::uint64_t ticks) const {
    if (!counts_cycles()) return ticks;
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(ticks) * units_) >> 32);
  }
  // REQUIRES: ns < 2^32.
  std::uint64_t from_ns(std::uint64_t ns) const { return counts_cycles() ? (ns << 32) / units_ : ns; }

private:
  std::uint64_t units_ = 0;
};

// Measures the counter against CLOCK_MONOTONIC, more precisely the longer it runs. Threads: owner context only.
class tick_meter {
public:
  tick_meter() : start_ns_(monotonic_ns()), start_cycles_(cycle_count()) {}

  // REQUIRES: some milliseconds have passed since construction.
  tick_rate rate() const {
    const auto cycles = cycle_count() - start_cycles_;
    const auto ns = monotonic_ns() - start_ns_;
    if (cycles == 0 || ns == 0) return {};
    return tick_rate(static_cast<std::uint64_t>((static_cast<unsigned __int128>(ns) << 32) / cycles));
  }

private:
  std::uint64_t start_ns_;
  std::uint64_t start_cycles_;
};

}  // namespace lars::base
