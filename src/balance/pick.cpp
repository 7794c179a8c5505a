#include "balance/pick.hpp"

namespace lars::balance {
namespace pick_steps {

population count_alone(const table_view& table, const own_counts& own) {
  population hosts;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.candidate_at(i);
    if (one.takes_calls()) ++(verdict_on(one, own) == verdict::idle ? hosts.idle : hosts.overloaded);
  }
  return hosts;
}

void start_at_random(lane_cursors& own, std::uint64_t draw) {
  own.started = true;
  own.cursor = static_cast<std::uint32_t>(draw);
  own.probe_cursor = static_cast<std::uint32_t>(draw >> 32);
  own.sequence = draw >> 24;
}

decision search_further(const look& at, verdict wanted) {
  const auto found = [](std::uint32_t chosen, bool probe) { return decision{pick_code::picked, probe, chosen}; };
  if (!at.wish.exclude.empty())
    if (const auto chosen = choose(at, wanted, {}); chosen != nobody) return found(chosen, wanted == verdict::overload);
  if (wanted == verdict::overload) {
    if (const auto chosen = choose(at, verdict::idle, at.wish.exclude); chosen != nobody) return found(chosen, false);
    if (const auto chosen = choose(at, verdict::idle, {}); chosen != nobody) return found(chosen, false);
  }
  return {pick_code::overload, false, 0};
}

}  // namespace pick_steps

pick_result pick(const module_view& module, lane& own, const pick_wish& wish) {
  const auto found = find_host(module, own, wish);
  const auto where = found.where;
  return {found.code, {{high_of(where), low_of(where)}, high_of(found.place), low_of(found.place)}, found.probe};
}

}  // namespace lars::balance
