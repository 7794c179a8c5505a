#include "balance/pick.hpp"

#include <optional>

#include "balance/eligibility.hpp"
#include "balance/round_robin.hpp"

namespace lars::balance {
namespace {

// One look at a module, and what is wanted of it.
struct view_of_pick {
  const table_view& table;
  const module_view& module;
  const pick_wish& wish;
};

std::optional<member> search(const view_of_pick& at, verdict wanted, std::uint32_t& cursor) {
  const auto chosen = round_robin_next(at.table, {wanted, at.wish.exclude, at.wish.own}, cursor);
  // Excluded hosts come back into play rather than no host at all.
  if (chosen || at.wish.exclude.empty()) return chosen;
  return round_robin_next(at.table, {wanted, {}, at.wish.own}, cursor);
}

pick_result from(const std::optional<member>& chosen, bool probe) {
  if (!chosen) return {pick_code::overload, {}, false};
  return {pick_code::picked, *chosen, probe};
}

pick_result pick_idle(const view_of_pick& at, lane& own) { return from(search(at, verdict::idle, own.cursor), false); }

// As the picker itself sees them while it is alone: the published numbers know nothing of its own failures.
population count_alone(const table_view& table, const own_counts& own) {
  population hosts;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.at(i);
    const auto value = table.live(one.slot);
    if (takes_calls(value, one)) ++(verdict_on(value, one, own) == verdict::idle ? hosts.idle : hosts.overloaded);
  }
  return hosts;
}

// The decision over one membership. The counts and the slots change one by one, so a search may find none where the
// counts promised some; a probe's turn then falls to an idle host.
pick_result decide(const view_of_pick& at, lane& own) {
  const auto hosts = at.wish.own.alone ? count_alone(at.table, at.wish.own) : at.module.hosts();
  if (at.table.size() == 0 || (hosts.idle == 0 && hosts.overloaded == 0)) return {};
  if (hosts.overloaded == 0) return pick_idle(at, own);
  if (own.picks < at.module.probe_num()) {
    ++own.picks;
    return pick_idle(at, own);
  }
  own.picks = 0;
  const auto probed = from(search(at, verdict::overload, own.probe_cursor), true);
  return probed.code == pick_code::picked ? probed : pick_idle(at, own);
}

// Many pickers that start together must not all begin with the same host.
void start_at_random(lane& own, std::uint64_t draw) {
  if (own.started) return;
  own.started = true;
  own.cursor = static_cast<std::uint32_t>(draw);
  own.probe_cursor = static_cast<std::uint32_t>(draw >> 32);
}

}  // namespace

pick_result pick(const module_view& module, lane& own, const pick_wish& wish) {
  if (module.record == nullptr) return {};
  if (!module.is_here()) return {pick_code::elsewhere, {}, false};
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    lane trial = own;
    start_at_random(trial, wish.draw);
    const table_view table(module);
    const auto result = decide({table, module, wish}, trial);
    if (!table.intact()) continue;
    if (result.code != pick_code::no_hosts) own = trial;
    return result;
  }
  return {pick_code::unreadable, {}, false};
}

}  // namespace lars::balance
