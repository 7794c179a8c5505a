// Load figures from repeated samples, all over the same window of time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "balance/load/load_report.hpp"
#include "base/clock.hpp"

namespace lars::client {

// One sample of running sums: the difference of two is what happened between them.
struct load_sample {
  base::time_point at;
  std::uint64_t ended = 0;   // calls
  std::uint64_t failed = 0;  // of those
  double cpu_used = 0;       // processor time, in any unit; NaN = unknown
  double cpu_room = 0;       // available processor time, in the same unit
};

// A sliding window that advances by tenths of its length: from the sample nearest to one length ago to the newest one.
// It is shorter at first and longer after a pause, but the same for every figure. Threads: one at a time. Time is an
// argument.
class load_window {
public:
  static constexpr int parts = 10;  // of a window, a sample each
  // A window longer than so many lengths is too old: nothing is known then.
  static constexpr int most_lengths = 30;

  explicit load_window(base::duration length) : length_(length) {}

  base::duration part() const { return length_ / parts; }

  // REQUIRES: no sample is older than the one before.
  void turn(const load_sample& now);

  // As of the last advance. 0 = unknown: no calls, or no window yet.
  const balance::load_report& report() const { return report_; }

private:
  const load_sample* nearest_to(base::time_point wanted) const;

  const base::duration length_;
  std::array<load_sample, parts + 6> samples_;  // a ring
  std::size_t taken_ = 0;                       // samples ever
  balance::load_report report_;
};

}  // namespace lars::client
