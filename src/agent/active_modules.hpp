// The modules that something happened to since the control loop looked last: its work goes with them alone.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "base/clock.hpp"

namespace lars::agent {

class module;

// Pushed by any thread, taken as a whole by the control loop. A module is in it once at most, so a push is rare and may
// lock. Lifetime: its modules'.
class active_modules {
public:
  // Room for so many, so that no push allocates. Owner context.
  void make_room(std::size_t modules) {
    const std::lock_guard hold(lock_);
    for (auto* const list : {&pushed_, &spare_})
      if (list->capacity() < modules) list->reserve(2 * modules);
  }

  // Any thread.
  void push(module& one);

  // Calls f(module&) for each, which refreshes it; each may be pushed again from then on. Owner context.
  template <class F>
  void take(base::time_point now, F f);

private:
  std::mutex lock_;  // guards what follows
  std::vector<module*> pushed_;
  std::vector<module*> spare_;  // empty; its room is used again
};

}  // namespace lars::agent
