#include "balance/pick.hpp"

#include <optional>

#include "balance/round_robin.hpp"

namespace lars::balance {
namespace {

pick_result from(const std::optional<member>& chosen, bool probe) {
  if (!chosen) return {pick_code::overload, {}, false};
  return {pick_code::picked, chosen->where, probe};
}

pick_result pick_idle(const table_view& table, const live_array& live, lane& own) {
  return from(round_robin_next(table, live, verdict::idle, own.cursor), false);
}

// The decision over one membership. The counts and the slots change one by one, so a search may find none where the
// counts promised some; a probe's turn then falls to an idle host.
pick_result decide(const table_view& table, const live_array& live, lane& own, const health_config& config) {
  const auto hosts = live.hosts();
  if (table.size() == 0 || (hosts.idle == 0 && hosts.overloaded == 0)) return {};
  if (hosts.overloaded == 0) return pick_idle(table, live, own);
  if (own.picks < config.probe_num) {
    ++own.picks;
    return pick_idle(table, live, own);
  }
  own.picks = 0;
  const auto probed = from(round_robin_next(table, live, verdict::overload, own.probe_cursor), true);
  return probed.code == pick_code::picked ? probed : pick_idle(table, live, own);
}

// Many pickers that start together must not all begin with the same host.
void start_at_random(lane& own, std::uint64_t draw) {
  if (own.started) return;
  own.started = true;
  own.cursor = static_cast<std::uint32_t>(draw);
  own.probe_cursor = static_cast<std::uint32_t>(draw >> 32);
}

}  // namespace

pick_result pick(const module_table& table, const live_array& live, lane& own, const health_config& config,
                 std::uint64_t draw) {
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    lane trial = own;
    start_at_random(trial, draw);
    const auto view = table.view();
    const auto result = decide(view, live, trial, config);
    if (!view.intact()) continue;
    if (result.code != pick_code::no_hosts) own = trial;
    return result;
  }
  return {pick_code::unreadable, {}, false};
}

}  // namespace lars::balance
