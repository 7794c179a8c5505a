#include "balance/round_robin.hpp"

#include "balance/random_choice.hpp"

namespace lars::balance {

std::uint32_t round_robin_next(const choice& of, std::uint32_t& cursor) {
  const auto size = of.table.size();
  if (cursor == no_turn) [[unlikely]] {
    const auto first = any_allowed(of);
    if (first != nobody) cursor = first + 1;
    return first;
  }
  auto index = cursor < size ? cursor : cursor % size;
  for (std::uint32_t looked_at = 0; looked_at < size; ++looked_at) {
    const auto candidate = index;
    index = index + 1 == size ? 0 : index + 1;
    if (!of.allows(candidate)) continue;
    cursor = index;
    return candidate;
  }
  return nobody;
}

}  // namespace lars::balance
