// The policies random and weighted_random (ralb draws like the latter, by weights of its own).
#pragma once

#include <optional>

#include "balance/choice.hpp"

namespace lars::balance {

// Any host that may be picked, each with the same chance.
std::optional<member> random_next(const choice& of);

// Each with a chance as its weight in the table says.
std::optional<member> weighted_random_next(const choice& of);

// The first host that may be picked at or after `start`, around.
std::optional<member> first_from(const choice& of, std::uint32_t start);

// The index that a draw by weight falls on.
std::uint32_t draw_by_weight(const table_view& table, base::random_source& draw);

}  // namespace lars::balance
