// The policy p2c, the default: of two hosts the one with the shorter expected wait.
// Mode A, where hosts tell nothing of their load: candidates are drawn evenly, the score is EWMA latency times calls
// under way, this one included, over weight. Mode B, where most of them do: candidates are drawn by the weights that
// follow those reports, and fewer calls under way, recent failures counted in, decide; latency is left out, or speed
// would count twice.
#pragma once

#include <cstdint>

#include "balance/policy/choice.hpp"

namespace lars::balance {

std::uint32_t p2c_next(const choice& of);

// From here on a score says that the host has a call to answer before it gets another.
inline constexpr double out_of_reach = 1e18;

// What is compared in the mode that is published: the lower the better. For people, too.
double p2c_score(const choice& of, const candidate& host);

}  // namespace lars::balance
