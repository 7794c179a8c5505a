#include "agent/service/verdict_log.hpp"

#include "base/endpoint.hpp"
#include "log/log.hpp"

namespace lars::agent {

void log_verdict(route_key key, endpoint where, balance::verdict verdict) {
  const bool isolated = verdict == balance::verdict::ejected;
  log::info(isolated ? "agent.host_isolated" : "agent.host_returned",
            {{"modid", key.modid}, {"cmdid", key.cmdid}, {"host", base::format_endpoint(where)}});
}

}  // namespace lars::agent
