// How long calls to a host take, measured by a picker that is alone: while no agent publishes latencies, a program goes
// by its own calls.
#pragma once

#include <algorithm>
#include <cstdint>

#include "balance/table/counter_slot.hpp"

namespace lars::balance {

// A running mean of the picker's last calls to one host, read from the counters it keeps anyway.
// Lifetime: its thread's counters'. Threads: owner context only.
class lone_estimate {
public:
  // A failed call counts as slow as this, however fast it failed (the default of p2c's error_latency).
  static constexpr double error_ns = 1e9;
  // The mean is over about so many calls: enough that equal hosts look alike, few enough that a slow one is noticed.
  static constexpr double most_calls = 20;
  // What is lost of a measurement each time its host is compared. A host that lost its share is tried again after a few
  // hundred comparisons, however slow it was.
  static constexpr double faded = 1.0 / 64;

  // Takes in the calls that ended since the last look. The first look at a host marks where the picker's own time
  // begins: what was counted before says how the host was then.
  void look(std::uint64_t host, const counter_slot& counted) {
    const auto ends = counted.ends.load(std::memory_order_relaxed);
    const auto latency_us = counted.latency_us.load(std::memory_order_relaxed);
    const auto failures = counted.failures.load(std::memory_order_relaxed);
    if (host != host_) *this = lone_estimate(host, ends, latency_us, failures);
    if (ends == ends_) return;
    const auto calls = static_cast<double>(ends - ends_);
    const auto sum_ns =
        static_cast<double>(latency_us - latency_us_) * 1e3 + static_cast<double>(failures - failures_) * error_ns;
    const auto share = std::min(calls, most_calls);
    calls_ = std::min(calls_ + share, most_calls);
    mean_ns_ += (sum_ns / calls - mean_ns_) * share / calls_;
    ends_ = ends;
    latency_us_ = latency_us;
    failures_ = failures;
  }

  // The host was compared with another one.
  void fade() {
    mean_ns_ *= 1 - faded;
    calls_ = std::max(calls_ * (1 - faded), std::min(calls_, 1.0));
  }

  double ns() const { return mean_ns_; }  // 0 = nothing measured

  lone_estimate() = default;

private:
  lone_estimate(std::uint64_t host, std::uint64_t ends, std::uint64_t latency_us, std::uint64_t failures)
      : host_(host), ends_(ends), latency_us_(latency_us), failures_(failures) {}

  std::uint64_t host_ = 0;  // ip 32 | port 32
  std::uint64_t ends_ = 0;  // of its counters at the last look, likewise
  std::uint64_t latency_us_ = 0;
  std::uint64_t failures_ = 0;
  double calls_ = 0;  // how many the mean stands for, 0 .. most_calls
  double mean_ns_ = 0;
};

}  // namespace lars::balance
