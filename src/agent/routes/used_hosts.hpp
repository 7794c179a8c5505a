// The hosts of a route that this agent uses: all of them, or its own subset.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <vector>

#include "balance/subset.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

struct used_hosts {
  std::vector<host> hosts;
  balance::subset_extent of;

  std::size_t unused() const { return of.known - hosts.size(); }
};

// Of the whole route, as dns told it; `id` is the agent's stable id. Pure.
used_hosts hosts_to_use(const proto::route_response& route, std::uint32_t subset_size, std::uint64_t id);

}  // namespace lars::agent
