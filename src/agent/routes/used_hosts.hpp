// The hosts of a route that this agent uses: all of them, or its subset.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <vector>

#include "balance/policy/subset.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

struct used_hosts {
  std::vector<host> hosts;
  balance::subset_extent extent;

  std::size_t unused() const { return extent.known - hosts.size(); }
};

// REQUIRES: `route` is whole, as dns sent it. `id` is the agent's stable id. Pure.
used_hosts hosts_to_use(const proto::route_response& route, std::uint32_t subset_size, std::uint64_t id);

}  // namespace lars::agent
