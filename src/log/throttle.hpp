// Bounds how many lines strangers can make us write.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::log {

// So many lines a second; of what was left out the next line tells. Threads: any thread.
class throttle {
public:
  static constexpr std::uint64_t lines_a_second = 20;

  // True when a line may be written now; `left_out` is then how many were not since the last one.
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
