// How busy a host is as far as one picker knows: what is published, and what the picker itself did since.
#pragma once

#include <algorithm>
#include <cstdint>

#include "balance/policy/choice.hpp"
#include "balance/policy/comparison.hpp"

namespace lars::balance {

// Calls of this picker to the host that began, less those that ended, since load was last published; all of them where
// nobody publishes.
[[gnu::always_inline]] inline std::int64_t own_change(const picker_counts& own, const candidate& host) {
  const auto* const note = own.entry_of(host.where, host.slot());
  if (note == nullptr) return 0;
  return static_cast<std::int32_t>(note->under_way - (own.alone ? 0 : counted_in(*note, own)));
}

// Calls under way at the host on this machine, as far as the picker can know. What was published stands still while the
// picker is alone, so it then goes by its own calls.
[[gnu::always_inline]] inline double calls_under_way(const choice& of, const candidate& host) {
  const auto& own = of.allowed.own;
  const auto published =
      own.alone ? 0 : static_cast<std::int64_t>(host.live->in_flight.load(std::memory_order_relaxed));
  return static_cast<double>(std::max<std::int64_t>(published + own_change(own, host), 0));
}

// Of the hosts that a comparison is about, the one with the lowest score; of several, any. `of` is asked to score each
// candidate once. Their indices come from next(i), i < count, and may come twice; nobody = none this time.
template <class Next, class Score>
std::uint32_t lowest(const choice& of, std::uint32_t count, Next next, Score score) {
  std::uint32_t best = nobody;
  ratio best_score;
  std::uint32_t equal = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t one = next(i);
    if (one == nobody || one == best) continue;
    const ratio its = score(of.table.candidate_at(one));
    if (best != nobody && best_score < its) continue;
    equal = best != nobody && its == best_score ? equal + 1 : 1;
    if (equal > 1 && of.draw.below(equal) != 0) continue;
    best = one;
    best_score = its;
  }
  return best;
}

// The lowest of all that may be picked.
template <class Score>
std::uint32_t lowest_of_all(const choice& of, Score score) {
  return lowest(
      of, of.table.size(), [&of](std::uint32_t i) { return of.allows(i) ? i : nobody; }, score);
}

// Draws until a host may be picked that is not `but`; nobody after some tries.
template <class Draw>
std::uint32_t draw_allowed(const choice& of, const Draw& draw, std::uint32_t but) {
  for (int i = 0; i < most_draws; ++i) {
    const std::uint32_t drawn = draw();
    if (drawn != but && of.allows(drawn)) return drawn;
  }
  return nobody;
}

// Each host with the same chance, and each pair of different ones.
struct even_draw {
  const choice& of;

  std::uint32_t operator()() const { return of.draw.below(of.table.size()); }
  // REQUIRES: at least two hosts.
  index_pair pair(std::uint64_t bits) const { return even_pair(bits, of.table.size()); }
};

// Draws of a comparison one by one: distinct as far as some tries go, each of a host that may be picked.
template <class Draw, class Score>
std::uint32_t lowest_of_draws(const choice& of, std::uint32_t choices, const Draw& draw, Score score) {
  std::uint32_t last = nobody;
  const auto another = [&](std::uint32_t) {
    const auto drawn = draw_allowed(of, draw, last);
    if (drawn != nobody) last = drawn;
    return drawn;
  };
  return lowest(of, choices, another, score);
}

// The usual comparison: two hosts that both may be picked.
template <class Draw, class Score>
std::uint32_t lower_of_two(const choice& of, const Draw& draw, Score score) {
  const auto bits = of.bits;
  const index_pair at = draw.pair(bits);
  const auto first = of.table.candidate_at(at.first);
  const auto second = of.table.candidate_at(at.second);
  if (at.first == at.second || !of.allowed(first) || !of.allowed(second)) [[unlikely]]
    return lowest_of_draws(of, 2, draw, score);
  const ratio one = score(first);
  const ratio other = score(second);
  return at.first ^ ((at.first ^ at.second) & (0 - second_wins(one, other, bits)));
}

// The index with the lowest score of `choices` hosts: of all where there are few or all are wanted, else of so many
// draws. draw() yields an index, draw.pair(random bits) two.
template <class Draw, class Score>
std::uint32_t lowest_of_choices(const choice& of, std::uint32_t choices, const Draw& draw, Score score) {
  const auto size = of.table.size();
  if (choices == 0 || choices >= size || size <= few_hosts) return lowest_of_all(of, score);
  const auto best = choices == 2 ? lower_of_two(of, draw, score) : lowest_of_draws(of, choices, draw, score);
  return best != nobody ? best : lowest_of_all(of, score);
}

}  // namespace lars::balance
