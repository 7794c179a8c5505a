// The policy weighted_round_robin: each host in turn, as often as its weight says, spread evenly in time.
#pragma once

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition weighted_round_robin_policy;

}  // namespace lars::balance
