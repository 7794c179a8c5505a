#include "agent/routes/used_hosts.hpp"

namespace lars::agent {

used_hosts hosts_to_use(const proto::route_response& route, std::uint32_t subset_size, std::uint64_t id) {
  return {balance::choose_subset(id, route.hosts, subset_size), {subset_size, route.hosts.size()}};
}

}  // namespace lars::agent
