// How busy a host is as far as one picker knows: what is published, and what the picker itself did since.
#pragma once

#include <algorithm>
#include <cstdint>

#include "balance/choice.hpp"

namespace lars::balance {

// Calls of this picker to the host that began, less those that ended, since load was last published.
inline std::int64_t own_change(const own_counts* own, const member& host) {
  if (own == nullptr || own->slots == nullptr) return 0;
  const auto place = own->place_of(host);
  if (!place || own->notes[*place].epoch != own->epoch) return 0;
  const auto& counted = own->slots[*place];
  const auto now = static_cast<std::int32_t>(counted.picks.load(std::memory_order_relaxed) -
                                             counted.ends.load(std::memory_order_relaxed) -
                                             counted.dropped.load(std::memory_order_relaxed));
  return std::int64_t{now} - own->notes[*place].base;
}

// Calls under way at the host on this machine. 0 for a host without live values.
inline double calls_under_way(const choice& of, const member& host) {
  const auto* const live = of.table.slot(host.slot);
  if (live == nullptr) return 0;
  const auto published = static_cast<std::int64_t>(live->in_flight.load(std::memory_order_relaxed));
  return static_cast<double>(std::max<std::int64_t>(published + own_change(of.allowed.own, host), 0));
}

// Of the hosts that a comparison is about, the one with the lowest score; of several, any. `of` is asked to score each
// candidate once. Hosts come from next(i), i < count, and may come twice.
template <class Next, class Score>
std::optional<member> lowest(const choice& of, std::uint32_t count, Next next, Score score) {
  std::optional<member> best;
  double best_score = 0;
  std::uint32_t equal = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::optional<member> one = next(i);
    if (!one || (best && one->slot == best->slot)) continue;
    const double its = score(*one);
    if (best && its > best_score) continue;
    equal = best && its == best_score ? equal + 1 : 1;
    if (equal > 1 && of.draw.below(equal) != 0) continue;
    best = one;
    best_score = its;
  }
  return best;
}

// Draws until a host may be picked that is not the one in slot `but`; false after some tries.
template <class Draw>
bool draw_allowed(const choice& of, Draw& draw, std::uint32_t but, member& drawn) {
  for (int i = 0; i < most_draws; ++i) {
    drawn = of.table.at(draw());
    if (drawn.slot != but && of.allowed(of.table, drawn)) return true;
  }
  return false;
}

// The usual comparison, without a detour: the better of two distinct draws, any where they are equal.
template <class Draw, class Score>
std::optional<member> lower_of_two(const choice& of, Draw& draw, Score score) {
  member first;
  member second;
  if (!draw_allowed(of, draw, UINT32_MAX, first)) return std::nullopt;
  if (!draw_allowed(of, draw, first.slot, second)) return first;
  const double one = score(first);
  const double other = score(second);
  if (one == other) return of.draw.below(2) == 0 ? first : second;
  return one < other ? first : second;
}

// The hosts of a comparison of `choices`: all of them where there are few or all are wanted, else draws that are
// distinct as far as some tries go. `draw` yields an index.
template <class Draw, class Score>
std::optional<member> lowest_of_choices(const choice& of, std::uint32_t choices, Draw draw, Score score) {
  const auto size = of.table.size();
  const auto allowed = [&of](const member& one) {
    return of.allowed(of.table, one) ? std::optional(one) : std::nullopt;
  };
  // Of two or three hosts a draw of two leaves the better one out too often.
  if (choices == 0 || choices >= size || size <= 3)
    return lowest(
        of, size, [&](std::uint32_t i) { return allowed(of.table.at(i)); }, score);
  std::uint32_t last = UINT32_MAX;
  const auto another = [&](std::uint32_t) -> std::optional<member> {
    member one;
    if (!draw_allowed(of, draw, last, one)) return std::nullopt;
    last = one.slot;
    return one;
  };
  const auto best = choices == 2 ? lower_of_two(of, draw, score) : lowest(of, choices, another, score);
  if (best) return best;
  return lowest(
      of, size, [&](std::uint32_t i) { return allowed(of.table.at(i)); }, score);
}

}  // namespace lars::balance
