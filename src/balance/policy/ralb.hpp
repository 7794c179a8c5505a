// The policy ralb: at random, by weights that even out the utilisation that hosts report.
#pragma once

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition ralb_policy;

}  // namespace lars::balance
