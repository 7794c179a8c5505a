// The modules with events since the last load refresh. The refresh visits only these, so idle modules cost nothing.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "base/clock.hpp"

namespace lars::agent {

class service_state;

// Any thread pushes; the owner drains the whole list. A module is listed at most once, so pushes are rare and may lock.
// Lifetime: its modules'.
class active_services {
public:
  // Reserves space for this many modules, so that push() never allocates. Owner context.
  void reserve(std::size_t modules) {
    const std::lock_guard hold(lock_);
    for (auto* const list : {&pushed_, &spare_})
      if (list->capacity() < modules) list->reserve(2 * modules);
  }

  // Any thread.
  void push(service_state& module);

  // Empties the list and calls f(service_state&), which refreshes the module, for each. A module may be pushed again
  // as soon as its call begins. Owner context.
  template <class F>
  void drain(base::time_point now, F f);

private:
  std::mutex lock_;  // guards what follows
  std::vector<service_state*> pushed_;
  std::vector<service_state*> spare_;  // empty; drain() swaps it in to reuse its capacity
};

}  // namespace lars::agent
