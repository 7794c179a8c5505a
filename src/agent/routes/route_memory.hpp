// The memory of this agent's modules: an arena that callers map, and a private one for modules that do not fit there.
#pragma once

#include <cstdint>
#include <memory>

#include "base/tick_clock.hpp"
#include "share/private_memory.hpp"
#include "share/routes_memory.hpp"

namespace lars::agent {

// Lifetime: its role's, longer than the modules. Threads: owner context only once the role runs.
class route_memory {
public:
  // Creates shared memory of at most `bytes`, with times in ticks of `rate`. If the kernel refuses, logs a warning and
  // shares nothing.
  route_memory(std::uint64_t bytes, base::tick_rate rate);

  share::routes_memory* routes() const { return routes_.get(); }  // null = nothing is shared
  balance::arena& shared() const {
    return routes_ ? static_cast<balance::arena&>(*routes_) : static_cast<balance::arena&>(*spare_);
  }
  balance::arena& spare() const { return *spare_; }

private:
  std::unique_ptr<share::private_memory> spare_;
  std::unique_ptr<share::routes_memory> routes_;
};

// The rate of the cpu's cycle counter as measured by `meter`; the rate of CLOCK_MONOTONIC if the counter is not
// constant or the kernel does not use it as its clock. Waits until the meter has run for some milliseconds.
base::tick_rate trusted_rate(const base::tick_meter& meter);

}  // namespace lars::agent
