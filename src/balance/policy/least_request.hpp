// The policy least_request: of some hosts, or all, the one with fewest calls under way.
#pragma once

#include <cstdint>

#include "balance/policy/choice.hpp"

namespace lars::balance {

std::uint32_t least_request_next(const choice& of);

// What is compared: the lower the better. For people, too.
double least_request_score(const choice& of, const candidate& host);

}  // namespace lars::balance
