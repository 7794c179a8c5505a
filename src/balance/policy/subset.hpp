// Which hosts of a module one agent uses where the module's settings name a subset size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <vector>

namespace lars::balance {

// How much of a module an agent uses, for people.
struct subset_extent {
  std::uint32_t size = 0;  // hosts that it is to use; 0 = all
  std::size_t known = 0;   // hosts of the route; 0 = as many as are used
};

// The hosts that agent `agent` uses, in the order given: the `size` hosts that rank highest among those that take
// calls, and every host between them that takes none (it waits in its place, and another one does its work). All hosts
// where size is 0 or not fewer take calls.
// Ranks are rendezvous hashes: they depend on the agent and the host's endpoint alone, so a host that comes, goes,
// drains or returns replaces at most one host that takes calls, whatever the order of the list. Of hosts named twice
// the first counts. Pure.
std::vector<host> choose_subset(std::uint64_t agent, std::vector<host> hosts, std::uint32_t size);

}  // namespace lars::balance
