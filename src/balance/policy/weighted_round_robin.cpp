#include "balance/policy/weighted_round_robin.hpp"

#include <array>
#include <cstdint>

#include "balance/policy/random_choice.hpp"

namespace lars::balance {
namespace {

// Static stride (as in gRPC's implementations): a step goes to the next host, which takes it if its weight has added up
// to another turn since its last one. The heaviest host takes every one of its steps, so a pick needs as many steps as
// there are hosts at most.
std::uint32_t weighted_round_robin_next(const choice& of) {
  const std::uint64_t size = of.table.size();
  auto& sequence = of.own.turns.sequence;
  // Many pickers that start together do so at any host, and anywhere in its turns.
  if (!of.own.turns.started) [[unlikely]] {
    of.own.turns.started = true;
    sequence = of.bits >> 24;
    return weighted_random_next(of);
  }
  for (std::uint64_t steps = 0; steps < 2 * size; ++steps) {
    const auto step = sequence++;
    const auto index = static_cast<std::uint32_t>(step % size);
    const auto round = step / size;
    const std::uint64_t weight = of.table.weight_at(index).weight;
    // Hosts begin half a turn apart, so that all of the light ones do not fall due in one round.
    if (weight == 0 || (weight * round + index * (most_weight / 2)) % most_weight < most_weight - weight) continue;
    if (of.allows(index)) return index;
  }
  return any_allowed(of);
}

constexpr std::array weighted_round_robin_aliases{policy_alias{"wrr"}};

}  // namespace

constexpr policy_definition weighted_round_robin_policy{
    .kind = policy_kind::weighted_round_robin,
    .name = "weighted_round_robin",
    .aliases = weighted_round_robin_aliases,
    .meaning = "each host in turn, as often as its weight says",
    .weights = weight_source::routes,
    .next = weighted_round_robin_next,
    .draws = drawing::by_weight,
};

}  // namespace lars::balance
