// The types of the monotonic clock. Pure code takes a time_point as an argument and does not read the clock itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lars::base {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

// A clock in place of the system's, for a whole process: a test or a simulation. Threads: any thread.
class time_source {
public:
  virtual ~time_source() = default;
  virtual time_point now() const noexcept = 0;
  virtual std::chrono::system_clock::time_point utc() const noexcept = 0;
};

// The source in force; null = the system's clocks. Set while one thread runs.
inline constinit std::atomic<const time_source*> process_time{nullptr};

// Monotonic. Meets the requirements of a clock of the standard library.
struct clock {
  using rep = base::duration::rep;
  using period = base::duration::period;
  using duration = base::duration;
  using time_point = base::time_point;
  static constexpr bool is_steady = true;

  static base::time_point now() noexcept {
    const auto* const source = process_time.load(std::memory_order_acquire);
    return source == nullptr ? std::chrono::steady_clock::now() : source->now();
  }
};

// The time of day, for values that leave the process (versions, timestamps in rows and logs).
inline std::chrono::system_clock::time_point utc_now() noexcept {
  const auto* const source = process_time.load(std::memory_order_acquire);
  return source == nullptr ? std::chrono::system_clock::now() : source->utc();
}

// The same in seconds since 1970.
inline std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(utc_now().time_since_epoch()).count();
}

}  // namespace lars::base
