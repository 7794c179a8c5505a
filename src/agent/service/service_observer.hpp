// Who wants to know what became of modules: the log, and whatever else follows their hosts.
#pragma once

#include <lars/types.hpp>

#include "balance/module_state.hpp"
#include "balance/table/verdict.hpp"

namespace lars::agent {

// Called after the change, without the module's lock, on the thread that made the change or on one that made another
// one meanwhile: UDP threads among them, so a call must be short. It may call into any module; what it changes is
// reported after what is being reported. By then the module may have changed again, or be gone.
class service_observer {
public:
  virtual ~service_observer() = default;

  // The module has other hosts, or other weights, states or zones of them in its route. `delta` is never empty.
  virtual void on_hosts_changed(route_key module, const balance::host_delta& delta) = 0;

  // The host was ejected, or readmitted.
  virtual void on_verdict_changed(route_key module, endpoint host, balance::verdict verdict) = 0;

  // The policy computed new weights for the same hosts.
  virtual void on_weights_changed(route_key module) = 0;
};

}  // namespace lars::agent
