// Virtual time.
#pragma once

#include <chrono>

namespace lars::lab {

// Whole nanoseconds since the run began. Integers, so that sums do not depend on their order.
using instant = std::chrono::nanoseconds;

// The period in which servers sum up their load, callers run their controllers, and shares are counted.
inline constexpr instant tick = std::chrono::milliseconds(100);

constexpr double seconds_of(instant time) { return static_cast<double>(time.count()) / 1e9; }
constexpr double milliseconds_of(instant time) { return static_cast<double>(time.count()) / 1e6; }

}  // namespace lars::lab
