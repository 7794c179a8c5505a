// One host of a module as its table names it.
#pragma once

#include <cstdint>
#include <lars/types.hpp>

namespace lars::balance {

// `slot` counts only while the slot's live value carries the same generation.
struct member {
  endpoint where;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const member&) const = default;
};

// How likely a member is drawn by weight: with `chance` in 2^32 where its entry is drawn, else the `other` entry's
// member.
struct weighing {
  std::uint32_t weight = 0;  // 0 .. most_weight
  std::uint32_t chance = 0;
  std::uint32_t other = 0;
  bool operator==(const weighing&) const = default;
};

}  // namespace lars::balance
