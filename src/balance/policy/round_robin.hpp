// The policy round_robin: each host in turn, whatever the calls cost.
#pragma once

#include <cstdint>

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition round_robin_policy;

// The pick of round_robin. Trials of ejected hosts go in turn too, under nearly every policy.
std::uint32_t in_turn(const choice& of);

// The first host at or after `next`, in membership order and around, that may be picked; the cursor then stands
// behind it. no_turn: any, since many pickers that start together must not all begin with the same host, nor with the
// neighbours of those that are out. None: the cursor stays. Looks at each host once at most.
std::uint32_t round_robin_next(const choice& of, std::uint32_t& next);

}  // namespace lars::balance
