// A server's limiter: it refuses a share of the calls, which grows while the CPU is above a target.
#pragma once

#include <algorithm>

#include "lab/instant.hpp"

namespace lars::lab {

// Immutable after construction.
struct limiter_config {
  double target = 0.55;                                    // of CPU, 0 .. 1
  double gain = 0.15;                                      // share added a period for each 1 of CPU above the target
  instant period = tick;                                   // a multiple of tick
  double rejection_cost = 0.06;                            // CPU of a refusal, as a share of the call's CPU
  instant rejection_reply = std::chrono::milliseconds(1);  // from a call's arrival to its refusal
};

// Threads: owner context only. Invariant: the share is within 0 .. 1.
class limiter {
public:
  explicit limiter(const limiter_config& config) : config_(config) {}

  // Called each tick.
  void observe(double cpu) {
    if (++ticks_ * tick < config_.period) return;
    ticks_ = 0;
    share_ = std::clamp(share_ + config_.gain * (cpu - config_.target), 0.0, 1.0);
  }

  // Whether to refuse a call. `draw` is uniform in 0 .. 1.
  bool refuses(double draw) const { return draw < share_; }
  double share() const { return share_; }
  void reset() { share_ = 0; }
  const limiter_config& config() const { return config_; }

private:
  const limiter_config config_;
  int ticks_ = 0;
  double share_ = 0;
};

}  // namespace lars::lab
