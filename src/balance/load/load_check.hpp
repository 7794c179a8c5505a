// Load reports come from outside: values that cannot be are dropped.
#pragma once

#include "balance/load/load_report.hpp"

namespace lars::balance {

inline constexpr double most_utilization = 100;  // times what a host can do
inline constexpr double most_rate = 1e9;         // calls a second

// The value, or 0 = unknown where it cannot be: negative, no number, infinite or beyond `most`.
constexpr double plausible(double value, double most) { return value > 0 && value <= most ? value : 0; }

constexpr load_report plausible(const load_report& report) {
  return {plausible(report.utilization, most_utilization), plausible(report.qps, most_rate),
          plausible(report.eps, most_rate)};
}

}  // namespace lars::balance
