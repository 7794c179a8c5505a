// When to try again: exponential with equal jitter (half fixed, half random), so that a fleet that lost one server does
// not return in step.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lars::base {

struct backoff_config {
  std::chrono::milliseconds first{50};   // upper bound of the first wait
  std::chrono::milliseconds most{1000};  // upper bound of every later wait
};

// Pure: the random draw is an argument. Threads: owner context only.
class backoff {
public:
  explicit backoff(backoff_config config) : config_(config), bound_(config.first) {}

  // How long to wait before the next attempt: between half the current bound and the bound, which then doubles.
  std::chrono::milliseconds next(std::uint64_t draw) {
    const auto half = bound_.count() / 2;
    const auto wait = half + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(bound_.count() - half + 1));
    bound_ = std::min(bound_ * 2, config_.most);
    return std::chrono::milliseconds(wait);
  }

  // An attempt succeeded: the next failure starts small again.
  void reset() { bound_ = config_.first; }

private:
  const backoff_config config_;
  std::chrono::milliseconds bound_;
};

}  // namespace lars::base
