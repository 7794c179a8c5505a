#include "balance/policy/round_robin.hpp"

#include <array>

#include "balance/policy/random_choice.hpp"

namespace lars::balance {
namespace {

constexpr std::array round_robin_aliases{policy_alias{"rr"}};

}  // namespace

constexpr policy_definition round_robin_policy{
    .kind = policy_kind::round_robin,
    .name = "round_robin",
    .aliases = round_robin_aliases,
    .meaning = "each host in turn",
    .next = in_turn,
    .cached = [](const published_policy&) { return cacheable::turns; },
};

std::uint32_t in_turn(const choice& of) { return round_robin_next(of, of.own.turns.next); }

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
