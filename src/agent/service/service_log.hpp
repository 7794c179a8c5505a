// Logs what becomes of modules, whichever transport its callers use: a line for each host that is ejected or
// readmitted; for debugging also changes of hosts and weights.
#pragma once

#include "agent/service/service_observer.hpp"

namespace lars::agent {

// Threads: any thread.
class service_log final : public service_observer {
public:
  void on_hosts_changed(route_key module, const balance::host_delta& delta) override;
  void on_verdict_changed(route_key module, endpoint host, balance::verdict verdict) override;
  void on_weights_changed(route_key module) override;
};

}  // namespace lars::agent
