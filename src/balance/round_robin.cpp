#include "balance/round_robin.hpp"

namespace lars::balance {

std::optional<member> round_robin_next(const table_view& table, const eligibility& allowed, std::uint32_t& cursor) {
  const auto size = table.size();
  if (size == 0) return std::nullopt;
  auto index = cursor % size;
  for (std::uint32_t looked_at = 0; looked_at < size; ++looked_at) {
    const auto candidate = table.at(index);
    index = index + 1 == size ? 0 : index + 1;
    if (!allowed(table, candidate)) continue;
    cursor = index;
    return candidate;
  }
  return std::nullopt;
}

}  // namespace lars::balance
