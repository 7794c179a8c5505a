// The processor time of one thread.
#pragma once

#include <time.h>

#include <cstdint>

namespace lars::bench {

// Processor time of the calling thread so far, in nanoseconds.
inline std::uint64_t thread_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(used.tv_nsec);
}

}  // namespace lars::bench
