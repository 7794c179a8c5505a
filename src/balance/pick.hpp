// The pick: which host gets the next call. The same function serves every door. Inline, as a caller's pick takes some
// tens of nanoseconds: results stay in registers, and what is rare is out of line.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/choice.hpp"
#include "balance/lane.hpp"
#include "balance/lars_queue.hpp"
#include "balance/least_request.hpp"
#include "balance/p2c.hpp"
#include "balance/policy_settings.hpp"
#include "balance/random_choice.hpp"
#include "balance/round_robin.hpp"
#include "balance/table_view.hpp"
#include "balance/weighted_round_robin.hpp"

namespace lars::balance {

enum class pick_code : std::uint8_t {
  picked,      // `chosen` is the host
  overload,    // every host is overloaded and it is no probe's turn
  no_hosts,    // the module has no host that takes calls
  unreadable,  // the writer never stood still, or left in the middle: ask again, elsewhere
  elsewhere,   // the module does not live in this memory any more
};

struct pick_result {
  pick_code code = pick_code::no_hosts;
  member chosen;
  bool probe = false;  // an overloaded host is tried
};

// What a pick is wanted with. Views live as long as the pick.
struct pick_wish {
  std::uint64_t draw = 0;             // random
  std::span<const endpoint> exclude;  // hosts not to be picked unless there is no other
  own_counts own;
};

namespace pick_steps {

// One look at a module, and what is wanted of it.
struct look {
  const module_view& module;
  const pick_wish& wish;
  lane& own;
  base::random_source& draw;
};

// The policy's word on hosts of one verdict. Overloaded ones are probed in turn, whatever the policy.
[[gnu::always_inline]] inline std::uint32_t choose(const look& at, verdict wanted, std::span<const endpoint> exclude) {
  auto& cursors = at.own.at;
  const choice of{at.own.table, {wanted, exclude, at.wish.own}, cursors, at.wish.draw, at.draw};
  const auto kind = static_cast<policy_kind>(of.table.policy().kind);
  if (kind == policy_kind::lars) return lars_next(of, at.own);
  if (wanted == verdict::overload) return round_robin_next(of, cursors.probe_cursor);
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
  return round_robin_next(of, cursors.cursor);
}

// As the picker itself sees them while it is alone: the published numbers know nothing of its own failures.
population count_alone(const table_view& table, const own_counts& own);

// What was decided, in a register.
struct decision {
  pick_code code = pick_code::no_hosts;
  bool probe = false;
  std::uint32_t index = 0;  // of the member picked
};

// After a search for this verdict that found none. Excluded hosts come back into play rather than no host at all; the
// counts and the slots change one by one, so there may be no host to probe any more, and an idle one gets the turn.
decision search_further(const look& at, verdict wanted);

// The decision over one membership.
[[gnu::always_inline]] inline decision decide(const look& at) {
  const auto& table = at.own.table;
  const auto hosts = at.wish.own.alone ? count_alone(table, at.wish.own) : at.module.hosts();
  if (table.size() == 0 || (hosts.idle == 0 && hosts.overloaded == 0)) return {};
  auto wanted = verdict::idle;
  if (hosts.overloaded > 0) [[unlikely]] {
    const bool probes = at.own.at.picks >= at.module.probe_num();
    at.own.at.picks = probes ? 0 : at.own.at.picks + 1;
    if (probes) wanted = verdict::overload;
  }
  const auto chosen = choose(at, wanted, at.wish.exclude);
  if (chosen == nobody) [[unlikely]]
    return search_further(at, wanted);
  return {pick_code::picked, wanted == verdict::overload, chosen};
}

}  // namespace pick_steps

// What pick() answers, in whole words: a caller's own pick, of tens of nanoseconds, waits for no halves of them.
struct found_host {
  pick_code code = pick_code::no_hosts;
  bool probe = false;
  std::uint64_t where = 0;  // ip 32 | port 32
  std::uint64_t place = 0;  // slot 32 | generation 32
};
[[gnu::always_inline]] inline found_host find_host(const module_view& module, lane& own, const pick_wish& wish) {
  if (module.record == nullptr) return {};
  if (!module.is_here()) return {pick_code::elsewhere};
  const lane_cursors before = own.at;
  base::random_source draw(wish.draw);
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    if (!own.table.shows(module)) [[unlikely]]
      own.table = table_view(module);
    const auto decided = pick_steps::decide({module, wish, own, draw});
    found_host found{decided.code, decided.probe};
    if (decided.code == pick_code::picked) own.table.read(decided.index, found.where, found.place);
    const bool intact = own.table.intact();
    if (intact && decided.code != pick_code::no_hosts) [[likely]]
      return found;
    own.at = before;
    if (intact) return {};
    own.table = {};
  }
  return {pick_code::unreadable};
}

// Picks from what is published, without lock, allocation or system call; any thread, with a lane of its own. Unless a
// host is picked or the code is overload, the lane's turns stay as they were.
pick_result pick(const module_view& module, lane& own, const pick_wish& wish);

}  // namespace lars::balance
