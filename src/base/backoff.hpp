// Delay between attempts: exponential with equal jitter (half fixed, half random), so that the clients of a lost server
// do not all return at the same time.
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

  // Returns the delay before the next attempt, between half the current bound and the bound. Then doubles the bound.
  std::chrono::milliseconds next(std::uint64_t draw) {
    const auto half = bound_.count() / 2;
    const auto wait = half + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(bound_.count() - half + 1));
    bound_ = std::min(bound_ * 2, config_.most);
    return std::chrono::milliseconds(wait);
  }

  // Call after a successful attempt: the delays start again at `first`.
  void reset() { bound_ = config_.first; }

private:
  const backoff_config config_;
  std::chrono::milliseconds bound_;
};

}  // namespace lars::base
