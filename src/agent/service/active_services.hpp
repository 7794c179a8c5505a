// The modules that something happened to since the control loop looked last: its work goes with them alone.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "base/clock.hpp"

namespace lars::agent {

class service_state;

// Pushed by any thread, taken as a whole by the control loop. A module is in it once at most, so a push is rare and may
// lock. Lifetime: its modules'.
class active_services {
public:
  // Room for so many, so that no push allocates. Owner context.
  void make_room(std::size_t modules) {
    const std::lock_guard hold(lock_);
    for (auto* const list : {&pushed_, &spare_})
      if (list->capacity() < modules) list->reserve(2 * modules);
  }

  // Any thread.
  void push(service_state& one);

  // Calls f(service_state&) for each, which refreshes it; each may be pushed again from then on. Owner context.
  template <class F>
  void take(base::time_point now, F f);

private:
  std::mutex lock_;  // guards what follows
  std::vector<service_state*> pushed_;
  std::vector<service_state*> spare_;  // empty; its room is used again
};

}  // namespace lars::agent
