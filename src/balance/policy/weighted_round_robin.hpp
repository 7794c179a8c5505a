// The policy weighted_round_robin: each host in turn, as often as its weight says, spread evenly in time.
#pragma once

#include <cstdint>

#include "balance/policy/choice.hpp"

namespace lars::balance {

// Static stride (as in gRPC's implementations): a step goes to the next host, which takes it if its
// weight has added up to another turn since its last one. The heaviest host takes every one of its steps, so a pick
// needs as many steps as there are hosts at most.
std::uint32_t weighted_round_robin_next(const choice& of);

}  // namespace lars::balance
