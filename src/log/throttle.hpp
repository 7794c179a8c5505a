// Limits the rate of log lines that peers can cause.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::log {

// Admits 20 lines per second and counts the others. Threads: any thread.
class throttle {
public:
  static constexpr std::uint64_t lines_a_second = 20;

  // True if a line may be written now; then sets `left_out` to the number refused since the last admitted line.
  bool admit(base::time_point now, std::uint64_t& left_out) {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second_.exchange(second, std::memory_order_relaxed) != second) lines_.store(0, std::memory_order_relaxed);
    if (lines_.fetch_add(1, std::memory_order_relaxed) >= lines_a_second) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    left_out = left_out_.exchange(0, std::memory_order_relaxed);
    return true;
  }

private:
  std::atomic<std::int64_t> second_{0};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace lars::log
