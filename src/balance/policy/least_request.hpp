// The policy least_request: of some hosts, or all, the one with fewest calls under way.
#pragma once

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition least_request_policy;

}  // namespace lars::balance
