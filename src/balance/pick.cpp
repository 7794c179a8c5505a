#include "balance/pick.hpp"

#include <optional>

#include "balance/choice.hpp"
#include "balance/lars_queue.hpp"
#include "balance/least_request.hpp"
#include "balance/p2c.hpp"
#include "balance/policy_settings.hpp"
#include "balance/random_choice.hpp"
#include "balance/round_robin.hpp"
#include "balance/weighted_round_robin.hpp"

namespace lars::balance {
namespace {

// One look at a module, and what is wanted of it.
struct look {
  const table_view& table;
  const module_view& module;
  const pick_wish& wish;
  lane& own;              // lars: its queues
  lane_cursors& cursors;  // a copy that counts once the look has proved good
  base::random_source& draw;
};

// The policy's word on hosts of one verdict. Overloaded ones are probed in turn, whatever the policy.
std::optional<member> choose(const look& at, const eligibility& allowed) {
  const choice of{at.table, allowed, at.cursors, at.draw};
  const auto kind = static_cast<policy_kind>(at.table.policy().kind);
  if (kind == policy_kind::lars) return lars_next(of, at.own);
  if (allowed.wanted == verdict::overload) return round_robin_next(of, at.cursors.probe_cursor);
  switch (kind) {
    case policy_kind::p2c:
      return p2c_next(of);
    case policy_kind::weighted_round_robin:
      return weighted_round_robin_next(of);
    case policy_kind::random:
      return random_next(of);
    case policy_kind::weighted_random:
    case policy_kind::ralb:
      return weighted_random_next(of);
    case policy_kind::least_request:
      return least_request_next(of);
    case policy_kind::round_robin:
    case policy_kind::lars:
      break;
  }
  return round_robin_next(of, at.cursors.cursor);
}

std::optional<member> search(const look& at, verdict wanted) {
  const auto chosen = choose(at, {wanted, at.wish.exclude, &at.wish.own});
  // Excluded hosts come back into play rather than no host at all.
  if (chosen || at.wish.exclude.empty()) return chosen;
  return choose(at, {wanted, {}, &at.wish.own});
}

pick_result from(const std::optional<member>& chosen, bool probe) {
  if (!chosen) return {pick_code::overload, {}, false};
  return {pick_code::picked, *chosen, probe};
}

pick_result pick_idle(const look& at) { return from(search(at, verdict::idle), false); }

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
pick_result decide(const look& at) {
  const auto hosts = at.wish.own.alone ? count_alone(at.table, at.wish.own) : at.module.hosts();
  if (at.table.size() == 0 || (hosts.idle == 0 && hosts.overloaded == 0)) return {};
  if (hosts.overloaded == 0) return pick_idle(at);
  if (at.cursors.picks < at.module.probe_num()) {
    ++at.cursors.picks;
    return pick_idle(at);
  }
  at.cursors.picks = 0;
  const auto probed = from(search(at, verdict::overload), true);
  return probed.code == pick_code::picked ? probed : pick_idle(at);
}

// Many pickers that start together must not all begin with the same host.
void start_at_random(lane_cursors& own, std::uint64_t draw) {
  if (own.started) return;
  own.started = true;
  own.cursor = static_cast<std::uint32_t>(draw);
  own.probe_cursor = static_cast<std::uint32_t>(draw >> 32);
  own.sequence = draw >> 24;
}

}  // namespace

pick_result pick(const module_view& module, lane& own, const pick_wish& wish) {
  if (module.record == nullptr) return {};
  if (!module.is_here()) return {pick_code::elsewhere, {}, false};
  base::random_source draw(wish.draw);
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    lane_cursors trial = own.at;
    start_at_random(trial, wish.draw);
    const table_view table(module);
    const auto result = decide({table, module, wish, own, trial, draw});
    if (!table.intact()) continue;
    if (result.code != pick_code::no_hosts) own.at = trial;
    return result;
  }
  return {pick_code::unreadable, {}, false};
}

}  // namespace lars::balance
