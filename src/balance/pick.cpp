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

decision search_further(const look& at, verdict wanted) {
  const auto find = [&at](verdict of, std::span<const endpoint> exclude) {
    const auto chosen = choose(at, of, exclude);
    return decision{chosen == nobody ? pick_code::overload : pick_code::picked, of == verdict::overload, chosen};
  };
  const auto& exclude = at.wish.exclude;
  const bool excludes = !exclude.empty();
  if (wanted == verdict::overload) {
    if (const auto idle = find(verdict::idle, exclude); idle.code == pick_code::picked) {
      // The probe's turn waits where it could only fall on hosts that are excluded.
      if (excludes) at.own.at.picks = static_cast<std::uint32_t>(at.module.probe_num());
      return idle;
    }
    if (excludes)
      if (const auto probed = find(wanted, {}); probed.code == pick_code::picked) return probed;
  }
  // Where nothing is excluded this search has been made.
  return excludes ? find(verdict::idle, {}) : decision{pick_code::overload, false, nobody};
}

}  // namespace pick_steps

pick_result pick(const module_view& module, lane& own, const pick_wish& wish) {
  const auto found = find_host(module, own, wish);
  const auto where = found.where;
  return {found.code, {{high_of(where), low_of(where)}, high_of(found.place), low_of(found.place)}, found.probe};
}

}  // namespace lars::balance
