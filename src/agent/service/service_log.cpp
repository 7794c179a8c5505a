#include "agent/service/service_log.hpp"

#include "base/endpoint.hpp"
#include "log/log.hpp"

namespace lars::agent {

void service_log::on_hosts_changed(route_key module, const balance::host_delta& delta) {
  log::debug("agent.hosts_changed", {{"modid", module.modid},
                                     {"cmdid", module.cmdid},
                                     {"added", delta.added.size()},
                                     {"removed", delta.removed.size()},
                                     {"changed", delta.changed.size()}});
}

void service_log::on_verdict_changed(route_key module, endpoint host, balance::verdict verdict) {
  const bool isolated = verdict == balance::verdict::ejected;
  log::info(isolated ? "agent.host_isolated" : "agent.host_returned",
            {{"modid", module.modid}, {"cmdid", module.cmdid}, {"host", base::format_endpoint(host)}});
}

void service_log::on_weights_changed(route_key module) {
  log::debug("agent.weights_changed", {{"modid", module.modid}, {"cmdid", module.cmdid}});
}

}  // namespace lars::agent
