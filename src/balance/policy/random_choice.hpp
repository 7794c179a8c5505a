// The policies random and weighted_random.
#pragma once

#include <cstdint>

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition random_policy;
extern const policy_definition weighted_random_policy;

// Any host that may be picked, each with a chance as its weight in the table says.
std::uint32_t weighted_random_next(const choice& of);

// Any host that may be picked, each with the same chance, however few there are. Looks at each twice.
std::uint32_t any_allowed(const choice& of);

// The index that a draw by weight falls on, of these random bits.
inline std::uint32_t draw_by_weight(const table_view& table, std::uint64_t bits) {
  const auto index = static_cast<std::uint32_t>(((bits >> 32) * table.size()) >> 32);
  const auto drawn = table.weight_at(index);
  return static_cast<std::uint32_t>(bits) <= drawn.chance ? index : drawn.other;
}

}  // namespace lars::balance
