// Which hosts a pick may fall on: those that take calls, have the verdict wanted, and were not excluded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/lane.hpp"
#include "balance/lane_slot.hpp"
#include "balance/table_view.hpp"

namespace lars::balance {

// The verdict on a member that counts for this picker, nothing where it takes no calls (or is no member any more).
// While nobody publishes verdicts a picker shields itself from hosts that failed it many times in a row.
inline bool takes_calls(const live_value& value, const member& one) {
  return value.generation == one.generation && value.takes_calls();
}
inline std::optional<std::uint32_t> own_counts::place_of(const member& host) const {
  if (host.slot >= places.size() || places[host.slot] >= notes.size()) return std::nullopt;
  const auto place = places[host.slot];
  const bool same = slots[place].where.load(std::memory_order_relaxed) == join(host.where.ip, host.where.port);
  return same ? std::optional(place) : std::nullopt;
}
inline verdict verdict_on(const live_value& value, const member& one, const own_counts& own) {
  if (value.health == verdict::overload || !own.alone) return value.health;
  const auto place = own.place_of(one);
  const bool fails = place && own.slots[*place].run.load(std::memory_order_relaxed) >= lone_failure_limit;
  return fails ? verdict::overload : verdict::idle;
}

// Lifetime: that of what it names; one pick. Threads: owner context only.
struct eligibility {
  verdict wanted = verdict::idle;
  std::span<const endpoint> exclude;
  const own_counts* own = nullptr;  // null = what is published is all that counts

  bool operator()(const table_view& table, const member& one) const {
    const auto value = table.live(one.slot);
    if (!takes_calls(value, one)) return false;
    if ((own == nullptr ? value.health : verdict_on(value, one, *own)) != wanted) return false;
    return exclude.empty() || std::ranges::find(exclude, one.where) == exclude.end();
  }
};

}  // namespace lars::balance
