#include "balance/policy/weighted_round_robin.hpp"

#include "balance/policy/random_choice.hpp"

namespace lars::balance {

std::uint32_t weighted_round_robin_next(const choice& of) {
  const std::uint64_t size = of.table.size();
  auto& sequence = of.own.sequence;
  // Many pickers that start together do so at any host, and anywhere in its turns.
  if (!of.own.started) [[unlikely]] {
    of.own.started = true;
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

}  // namespace lars::balance
