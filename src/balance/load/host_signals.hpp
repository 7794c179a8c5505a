// What a policy knows of one host beyond its health: how long its calls take, how many fail, how busy it says it is.
#pragma once

#include <cstdint>

#include "balance/load/peak_ewma.hpp"
#include "balance/load/utilization_weights.hpp"
#include "base/portable_math.hpp"

namespace lars::balance {

// Lifetime: its host's. Threads: one at a time (the module's lock). Pure.
struct host_signals {
  peak_ewma latency;
  std::uint32_t failures = 0;  // since the rate was last brought up to date
  bool failing = false;        // failures have not faded
  host_weight weight;
  base::time_point reported{};  // last report of its load; the epoch = never
  float failure_rate = 0;       // a second, over about a window

  // Brings the rate up to date after `seconds`, with what was before fading within `window` seconds.
  void turn_failures(double seconds, double window) {
    const double kept = base::portable_exp(-seconds / window);
    failure_rate = static_cast<float>(failure_rate * kept + failures / seconds * (1 - kept));
    failures = 0;
  }
};

}  // namespace lars::balance
