// The clocks that dns code reads. Tests replace them.
#pragma once

#include <functional>

#include "base/boot_clock.hpp"
#include "base/clock.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

// Immutable after construction. Threads: any thread.
struct time_source {
  std::function<base::time_point()> now = base::clock::now;
  // The time since the machine started, by which storage::freshness measures age.
  std::function<storage::freshness::ms()> boot_time = [] { return storage::freshness::ms(base::boot_now().ms); };
};

}  // namespace lars::dns
