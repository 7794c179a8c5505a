// Passes what changed in modules on to observers: each change once, in the order in which modules changed.
#pragma once

#include <lars/types.hpp>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "agent/service/service_observer.hpp"

namespace lars::agent {

struct verdict_change {
  endpoint host;
  balance::verdict verdict = balance::verdict::idle;
};
struct weights_change {};

// A module pushes a change under its lock and delivers when it has left it. One thread delivers at a time; changes that
// come meanwhile, of other threads or of the observers themselves, are delivered by that thread. So deliver() may
// return before the caller's change was delivered, but never leaves one behind.
// Lifetime: longer than the modules. Threads: any thread, except observe().
// Errors: a change for which there is no memory is not reported; that is logged. An observer's exception is logged and
// keeps nothing from the others.
class service_feed {
public:
  using change = std::variant<balance::host_delta, verdict_change, weights_change>;

  // Observers are called in the order in which they came. REQUIRES: `observer` outlives every change; no module exists.
  void observe(service_observer& observer) { observers_.push_back(&observer); }

  bool observed() const { return !observers_.empty(); }

  void push(route_key module, change what) noexcept;
  void deliver();

private:
  using entry = std::pair<route_key, change>;

  void tell(service_observer& observer, const entry& one) const;

  std::vector<service_observer*> observers_;  // constant once there are modules

  std::mutex lock_;  // guards what follows; never held while an observer is called
  std::vector<entry> waiting_;
  bool delivering_ = false;
};

}  // namespace lars::agent
