// The usual pick: p2c by latency between two hosts that are in. A picker to whom hosts are published in rounds looks at
// each once a round and remembers what its score is made of, so that a pick adds its own calls and compares: one line
// of memory a host instead of three. The answer is p2c_next()'s of that moment; whatever is not usual is left to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balance/comparison.hpp"
#include "balance/lane_slot.hpp"
#include "balance/own_counts.hpp"
#include "balance/table_view.hpp"
#include "base/fetch_ahead.hpp"

namespace lars::balance {

// Lifetime: its picker's; what it begins with outlives it or is forgotten. Threads: owner context only.
class p2c_memory {
public:
  // Remembers hosts of this table from now on, where its policy is one that can be remembered.
  void begin(const table_view& table, const own_counts& counts);
  void forget() { members_ = 0; }
  // False where nothing is to be remembered; what follows REQUIRES it.
  bool is_kept() const { return members_ > 0; }

  // The note of the host picked, where both of the two were looked at in this round; else null. `bits` is the pick's
  // first random draw.
  [[gnu::always_inline]] const slot_note* compare(std::uint32_t round, std::uint64_t bits) const {
    const auto at = even_pair(bits, members_);
    auto first = at.first;
    auto second = at.second;
    if (!in_order_) {
      first = places_[first];
      second = places_[second];
      if (first == nowhere || second == nowhere) return nullptr;
    }
    // Which of the two it will be is known later than both of them.
    base::fetch_line_ahead(slots_ + first);
    base::fetch_line_ahead(slots_ + second);
    const auto tag = tag_of(round);
    if (notes_[first].seen.tag != tag || notes_[second].seen.tag != tag) [[unlikely]]
      return nullptr;
    const std::uint32_t mask = 0 - second_wins(score_of(notes_[first]), score_of(notes_[second]), bits);
    return notes_ + (first ^ ((first ^ second) & mask));
  }

  // The same, after a look at those of the two that were not looked at in this round. Null where this pick is not
  // usual: one is out, its latency is not known, the picker has counted no call to it, or the table was overtaken.
  // REQUIRES: `table` and `counts` are those that it began with, and `counts.round` is not 0.
  const slot_note* look_and_compare(const table_view& table, const own_counts& counts, std::uint64_t bits);

  // The place among the picker's notes.
  std::uint32_t place_of(const slot_note& note) const { return static_cast<std::uint32_t>(&note - notes_); }

private:
  static constexpr std::uint32_t nowhere = UINT32_MAX;

  std::uint64_t tag_of(std::uint32_t round) const { return (std::uint64_t{look_} << 32) | round; }

  // Sums are modulo 2^32, as both parts are.
  static ratio score_of(const slot_note& host) {
    const auto calls = static_cast<std::int32_t>(host.seen.calls + host.under_way);
    return {host.seen.latency * (std::max(calls, 0) + 1.0), host.seen.weight};
  }

  bool knows(std::uint32_t index, std::uint32_t round) const;
  bool look(const table_view& table, const own_counts& counts, std::uint32_t index);
  void put(std::uint32_t index, std::uint32_t place);

  // What each pick reads comes first.
  slot_note* notes_ = nullptr;
  const lane_slot* slots_ = nullptr;
  std::uint32_t members_ = 0;          // of the table; 0 = nothing is to be remembered
  std::uint32_t look_ = 0;             // another where what was remembered before says nothing any more
  bool in_order_ = true;               // each member's note is in the place of its index
  std::vector<std::uint32_t> places_;  // where they are not: by index
};

}  // namespace lars::balance
