// Measures how loaded this process is, for its callers: the calls that it serves, and processor time.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"
#include "client/load/cpu_reader.hpp"
#include "client/load/load_counts.hpp"
#include "client/load/load_window.hpp"
#include "client/load/orca.hpp"

namespace lars::client {

// Starts no thread: the window advances when the meter is used. Time is an argument.
// Threads: any. begin() and end() do not wait; now and then one thread reads the kernel's files in end().
class load_meter {
public:
  load_meter(base::duration window, cpu_reader cpu, base::time_point now);

  void begin() { counts_.begin(); }
  void end(bool failed, base::time_point now) {
    counts_.end(failed);
    if (now.time_since_epoch().count() >= next_turn_.load(std::memory_order_relaxed)) turn_unless_busy(now);
  }

  // The load over the last window, and the calls in flight now.
  host_load read(base::time_point now);

private:
  void turn_unless_busy(base::time_point now);
  void turn(base::time_point now);

  load_counts counts_;
  std::atomic<std::int64_t> next_turn_{0};  // of base::clock

  std::mutex lock_;  // guards what follows
  load_window window_;
  cpu_reader cpu_;
};

}  // namespace lars::client
