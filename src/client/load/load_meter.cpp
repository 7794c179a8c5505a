#include "client/load/load_meter.hpp"

#include <cmath>
#include <utility>

namespace lars::client {

load_meter::load_meter(base::duration window, cpu_reader cpu, base::time_point now)
    : window_(window), cpu_(std::move(cpu)) {
  turn(now);
}

host_load load_meter::read(base::time_point now) {
  const std::lock_guard hold(lock_);
  turn(now);
  return {window_.report(), counts_.sum().in_flight};
}

void load_meter::turn_unless_busy(base::time_point now) {
  const std::unique_lock hold(lock_, std::try_to_lock);
  if (hold) turn(now);
}

// Threads may arrive with times in any order; a late one has nothing to do.
void load_meter::turn(base::time_point now) {
  if (now.time_since_epoch().count() < next_turn_.load(std::memory_order_relaxed)) return;
  next_turn_.store((now + window_.part()).time_since_epoch().count(), std::memory_order_relaxed);
  const auto counts = counts_.sum();
  const auto cpu = cpu_.read(now).value_or(cpu_time{NAN, 0});
  window_.turn({now, counts.ended, counts.failed, cpu.used, cpu.room});
}

}  // namespace lars::client
