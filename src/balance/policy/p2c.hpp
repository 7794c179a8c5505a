// The policy p2c, the default: of two hosts the one with the shorter expected wait.
// Mode A, where hosts tell nothing of their load: candidates are drawn evenly, the score is EWMA latency times calls
// under way, this one included, over weight. Mode B, where most of them do: candidates are drawn by the weights that
// follow those reports, and fewer calls under way, recent failures counted in, decide; latency is left out, or speed
// would count twice.
#pragma once

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition p2c_policy;

// From here on a score says that the host has a call to answer before it gets another.
inline constexpr double out_of_reach = 1e18;

}  // namespace lars::balance
