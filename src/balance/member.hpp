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

}  // namespace lars::balance
