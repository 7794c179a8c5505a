// The policy least_request: of some hosts, or all, the one with fewest calls under way.
#pragma once

#include <optional>

#include "balance/choice.hpp"

namespace lars::balance {

std::optional<member> least_request_next(const choice& of);

// What is compared: the lower the better. For people, too.
double least_request_score(const choice& of, const member& host);

}  // namespace lars::balance
