// Which hosts may be picked: those that take calls, have the required verdict, and are not excluded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/load/picker_counts.hpp"
#include "balance/table/counter_slot.hpp"
#include "balance/table/table_view.hpp"

namespace lars::balance {

// The verdict on a member that takes calls, for this picker. While no agent publishes verdicts, the picker itself
// ejects hosts that failed many times in a row.
inline verdict verdict_on(const candidate& one, const picker_counts& own) {
  const auto published = one.health();
  if (!own.alone || published == verdict::ejected) [[likely]]
    return published;
  const auto* const note = own.entry_of(one.where, one.slot());
  const bool fails =
      note != nullptr && own.slots[note - own.entries.data()].run.load(std::memory_order_relaxed) >= lone_failure_limit;
  return fails ? verdict::ejected : verdict::idle;
}

// Lifetime: one pick. Threads: owner context only.
struct eligibility {
  verdict wanted = verdict::idle;
  std::span<const endpoint> exclude;
  const picker_counts& own;

  [[gnu::always_inline]] bool operator()(const candidate& one) const {
    if (!one.takes_calls() || verdict_on(one, own) != wanted) return false;
    return exclude.empty() || std::ranges::find(exclude, one.host()) == exclude.end();
  }
};

}  // namespace lars::balance
