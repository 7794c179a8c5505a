// How long calls to a host take, remembered with a bias for the worse: a longer latency counts at once, a shorter one
// as time passes (Finagle's PeakEwma).
#pragma once

#include <cstdint>

#include "balance/load/observation.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// What a latency is made of besides what was measured. Immutable after construction.
struct ewma_terms {
  base::duration tau;            // what was seen so long ago counts e times less
  base::duration error_latency;  // a failure counts as slow as this, as the longest seen, or twice the average
};

// Lifetime: its host's. Threads: one at a time (the module's lock). Pure.
class peak_ewma {
public:
  void observe(const observation& calls, const ewma_terms& terms, base::time_point now);

  // A host that nobody called for a while drifts towards the fleet's median: neither bad news nor good stays true.
  void drift(double median_ns, const ewma_terms& terms, base::time_point now);

  double ns() const { return ns_; }  // 0 = nothing known
  bool known() const { return ns_ > 0; }

private:
  void take(double sample, std::uint32_t passed_ms, const ewma_terms& terms);
  // Milliseconds since the last look; the look is now.
  std::uint32_t turn(base::time_point now);
  // e to the power of minus this time in tau: what of the past still counts.
  static double kept(std::uint32_t passed_ms, const ewma_terms& terms);

  float ns_ = 0;
  std::uint32_t seen_ms_ = 0;  // modulo 2^32: seven weeks
};

}  // namespace lars::balance
