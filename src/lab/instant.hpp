// Virtual time.
#pragma once

#include <chrono>

namespace lars::lab {

// Whole nanoseconds since the run began: sums of them are exact in any order.
using instant = std::chrono::nanoseconds;

// Servers sum up their load, callers run their controllers, and shares are counted, over so long.
inline constexpr instant tick = std::chrono::milliseconds(100);

constexpr double seconds_of(instant time) { return static_cast<double>(time.count()) / 1e9; }
constexpr double milliseconds_of(instant time) { return static_cast<double>(time.count()) / 1e6; }

}  // namespace lars::lab
