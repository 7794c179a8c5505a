// The usual pick: p2c by latency, or round robin, while no host is out. A picker to whom hosts are published in rounds
// attempt at each once a round and remembers what a pick needs of it, so that a pick reads one line of memory a host
// instead of three: p2c adds the picker's own calls and compares, round robin takes the next. The answer is that of the
// policy at that moment; whatever is not usual is left to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balance/load/picker_counts.hpp"
#include "balance/policy/comparison.hpp"
#include "balance/table/counter_slot.hpp"
#include "balance/table/table_view.hpp"
#include "base/fetch_ahead.hpp"

namespace lars::balance {

// Lifetime: its picker's; what it begins with outlives it or is forgotten. Threads: owner context only.
class score_cache {
public:
  // Remembers hosts of this table from now on, where its policy is one that can be remembered.
  void begin(const table_view& table, const picker_counts& counts);
  void forget() { members_ = 0; }

  // True while the table is in use that it began with, and none of its hosts is out.
  bool serves() const {
    if (members_ == 0) return false;
    const auto& module = *record_;
    return module.version.load(std::memory_order_acquire) == version_ && hosts_of(module).all_idle() && is_here(module);
  }

  // The place of the host to pick, where those that the pick is about were looked at in this round; else `miss`.
  // `round` is picker_counts', `bits` the pick's first random draw, `next` whose turn it is. Where there is none,
  // find_host() is to be asked with the same draw. REQUIRES: serves(), and nobody is excluded.
  [[gnu::always_inline]] std::uint32_t pick(std::uint32_t round, std::uint64_t bits, std::uint32_t next) const {
    return by_turn_ ? in_turn(round, next) : compare(round, bits);
  }
  // Asks memory in time for what a pick with this draw reads, and for where it is counted. REQUIRES: serves().
  [[gnu::always_inline]] void fetch_ahead(std::uint64_t bits) const {
    if (by_turn_) return;
    const auto at = counters_of(even_pair(bits, members_));
    if (at.first == miss || at.second == miss) return;
    base::fetch_line_ahead(entries_ + at.first);
    base::fetch_line_ahead(entries_ + at.second);
    base::fetch_line_ahead(slots_ + at.first);
    base::fetch_line_ahead(slots_ + at.second);
  }
  // It was picked.
  void pass_turn(std::uint32_t& next) const {
    if (by_turn_) next = next + 1 == members_ ? 0 : next + 1;
  }

  // As pick(), after a look at those that were not looked at in this round. `miss` where this pick is not usual: one
  // is out, its latency is not known, the picker has counted no call to it, or the table was
  // overtaken. REQUIRES: `table` and `counts` are those that it began with, and `counts.round` is not 0.
  std::uint32_t fill_and_pick(const table_view& table, const picker_counts& counts, std::uint64_t bits,
                              std::uint32_t next);

  // What the picker keeps in a place. REQUIRES: a pick said so.
  picker_entry& entry_at(std::uint32_t counter) const { return entries_[counter]; }
  counter_slot& counters_at(std::uint32_t counter) const { return slots_[counter]; }

  static constexpr std::uint32_t miss = UINT32_MAX;

private:
  // Of no host where nobody publishes: those were looked at in rounds from 1.
  std::uint64_t tag_of(std::uint32_t round) const { return (std::uint64_t{generation_} << 32) | round; }

  // Sums of calls are modulo 2^32, as both parts are. Half a minute, the longest latency, times 2^29 calls fits a word.
  static whole_ratio score_of(const picker_entry& host) {
    const auto calls = static_cast<std::int32_t>(host.seen.calls + host.under_way);
    return {host.seen.latency * (static_cast<std::uint64_t>(std::max(calls, 0)) + 1), host.seen.weight};
  }

  index_pair counters_of(index_pair members) const {
    return in_order_ ? members : index_pair{counter_of_[members.first], counter_of_[members.second]};
  }

  [[gnu::always_inline]] std::uint32_t compare(std::uint32_t round, std::uint64_t bits) const {
    const auto at = counters_of(even_pair(bits, members_));
    const auto first = at.first;
    const auto second = at.second;
    if (first == miss || second == miss) return miss;
    const auto& one = entries_[first];
    const auto& other = entries_[second];
    const auto tag = tag_of(round);
    if (one.seen.tag != tag || other.seen.tag != tag) [[unlikely]]
      return miss;
    const std::uint32_t mask = 0 - second_wins(score_of(one), score_of(other), bits);
    return first ^ ((first ^ second) & mask);
  }

  [[gnu::always_inline]] std::uint32_t in_turn(std::uint32_t round, std::uint32_t index) const {
    if (index >= members_) return miss;
    const auto counter = in_order_ ? index : counter_of_[index];
    return counter == miss || entries_[counter].seen.tag != tag_of(round) ? miss : counter;
  }

  bool knows(std::uint32_t index, std::uint32_t round) const;
  bool fill(const table_view& table, const picker_counts& counts, std::uint32_t index);
  bool ensure(const table_view& table, const picker_counts& counts, std::uint32_t index);
  void map_counter(std::uint32_t index, std::uint32_t counter);

  // What each pick reads comes first.
  picker_entry* entries_ = nullptr;
  counter_slot* slots_ = nullptr;
  const module_record* record_ = nullptr;
  std::uint64_t version_ = 0;              // of the record
  std::uint32_t members_ = 0;              // of the table; 0 = nothing is to be remembered
  std::uint32_t generation_ = 0;           // another where what was remembered before says nothing any more
  bool by_turn_ = false;                   // round robin; else p2c
  bool in_order_ = true;                   // each member's note is in the counter of its index
  std::vector<std::uint32_t> counter_of_;  // where they are not: by index
};

}  // namespace lars::balance
