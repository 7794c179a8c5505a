#include "agent/routes/used_hosts.hpp"

#include <utility>

namespace lars::agent {

used_hosts hosts_to_use(const proto::route_response& route, std::uint32_t subset_size, std::uint64_t id) {
  std::vector<host> hosts;
  hosts.reserve(route.hosts.size());
  for (const auto& routed : route.hosts) hosts.push_back(routed.target);
  const auto known = hosts.size();
  return {balance::choose_subset(id, std::move(hosts), subset_size), {subset_size, known}};
}

}  // namespace lars::agent
