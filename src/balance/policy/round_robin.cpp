#include "balance/policy/round_robin.hpp"

#include "balance/policy/random_choice.hpp"

namespace lars::balance {

std::uint32_t round_robin_next(const choice& of, std::uint32_t& next) {
  const auto size = of.table.size();
  if (next == no_turn) [[unlikely]] {
    const auto first = any_allowed(of);
    if (first != nobody) next = first + 1;
    return first;
  }
  auto index = next < size ? next : next % size;
  for (std::uint32_t looked_at = 0; looked_at < size; ++looked_at) {
    const auto candidate = index;
    index = index + 1 == size ? 0 : index + 1;
    if (!of.allows(candidate)) continue;
    next = index;
    return candidate;
  }
  return nobody;
}

}  // namespace lars::balance
