// The types of the monotonic clock. Pure code takes a time_point as an argument and does not read the clock itself.
#pragma once

#include <chrono>

namespace lars::base {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

// Seconds since 1970, for values that leave the process (versions, timestamps in rows and logs).
inline std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace lars::base
