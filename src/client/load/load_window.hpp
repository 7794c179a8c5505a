// How loaded a host is, from readings that are taken again and again: all figures over one and the same stretch of
// time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "balance/load_report.hpp"
#include "base/clock.hpp"

namespace lars::client {

// What was read at one moment. Sums, so that any two of them tell what happened between.
struct load_sample {
  base::time_point at;
  std::uint64_t ended = 0;   // calls
  std::uint64_t failed = 0;  // of those
  double cpu_used = 0;       // processor time, in any unit; no number = not known
  double cpu_room = 0;       // what could have been used, in the same
};

// Slides by tenths of its length. When it turns, the sample nearest to one length ago and the new one become the
// window, which is thus shorter at first and longer after a rest, but the same for every figure. Threads: one at a
// time. Time arrives as argument.
class load_window {
public:
  static constexpr int parts = 10;  // of a window, a sample each
  // Windows longer than so many lengths tell of a past that is over: nothing is known then.
  static constexpr int most_lengths = 30;

  explicit load_window(base::duration length) : length_(length) {}

  base::duration part() const { return length_ / parts; }

  // REQUIRES: no sample is older than the one before.
  void turn(const load_sample& now);

  // As of the last turn. 0 = unknown: no calls, or no window yet.
  const balance::load_report& report() const { return report_; }

private:
  const load_sample* nearest_to(base::time_point wanted) const;

  const base::duration length_;
  std::array<load_sample, parts + 6> samples_;  // a ring
  std::size_t taken_ = 0;                       // samples ever
  balance::load_report report_;
};

}  // namespace lars::client
