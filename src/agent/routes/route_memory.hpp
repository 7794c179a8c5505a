// Where this agent's modules live: memory that callers share, and memory of its own for what does not fit there.
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
  // Shared memory of at most so many bytes, whose times are counted at this rate. Where the kernel gives none a warning
  // is logged and nothing is shared.
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

// How long a tick of this machine's counter is, from what `meter` has seen; that of CLOCK_MONOTONIC where the counter
// or the kernel's opinion of it gives cause for doubt. Waits until the meter has run for some milliseconds.
base::tick_rate trusted_rate(const base::tick_meter& meter);

}  // namespace lars::agent
