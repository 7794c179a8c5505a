// A fast path for the most frequent picks: p2c by latency, or round robin, while no host is ejected. Between two rounds
// of the agent published values do not change. The cache reads each host once a round and keeps what a pick needs
// beside the picker's counters, so a pick reads one cache line a host instead of three. The result is that of the
// policy. Any other pick is a miss, and the policy decides.
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

// What the cache can do for a policy.
enum class cacheable : std::uint8_t {
  no,
  turns,      // round robin
  latencies,  // of two hosts the one with the lower latency times calls under way
};

// Lifetime: its picker's. What begin() is given outlives the cache, or forget() is called. Threads: owner context only.
class score_cache {
public:
  // Caches hosts of this table from now on. Where its policy cannot be cached, serves() stays false.
  void begin(const table_view& table, const picker_counts& counts, cacheable picks);
  void forget() { members_ = 0; }

  // True while pickers are still sent to that table, and none of its hosts is ejected.
  bool serves() const {
    if (members_ == 0) return false;
    const auto& module = *record_;
    return module.version.load(std::memory_order_acquire) == version_ && hosts_of(module).all_idle() && is_here(module);
  }

  // The counter index of the host to pick; `miss` if a candidate was not read in this round. After a miss call
  // find_host() with the same draw. `round` is that of picker_counts, `bits` the pick's first random draw, `next` the
  // cursor's. REQUIRES: serves(), and no host is excluded.
  [[gnu::always_inline]] std::uint32_t pick(std::uint32_t round, std::uint64_t bits, std::uint32_t next) const {
    return by_turn_ ? in_turn(round, next) : compare(round, bits);
  }
  // Prefetches what a pick with this draw reads, and the counters that it is counted in. REQUIRES: serves().
  [[gnu::always_inline]] void fetch_ahead(std::uint64_t bits) const {
    if (by_turn_) return;
    const auto at = counters_of(even_pair(bits, members_));
    if (at.first == miss || at.second == miss) return;
    base::fetch_line_ahead(entries_ + at.first);
    base::fetch_line_ahead(entries_ + at.second);
    base::fetch_line_ahead(slots_ + at.first);
    base::fetch_line_ahead(slots_ + at.second);
  }
  // The pick was used: round robin goes on to the next host.
  void pass_turn(std::uint32_t& next) const {
    if (by_turn_) next = next + 1 == members_ ? 0 : next + 1;
  }

  // Like pick(), but first reads candidates that were not read in this round. `miss` if one of them is ejected, has no
  // known latency, or has no counter of this picker, or if the table was overwritten meanwhile. REQUIRES: `table` and
  // `counts` are those given to begin(), and `counts.round` is not 0.
  std::uint32_t fill_and_pick(const table_view& table, const picker_counts& counts, std::uint64_t bits,
                              std::uint32_t next);

  // What the picker keeps of the host with this counter index. REQUIRES: pick() returned it.
  picker_entry& entry_at(std::uint32_t counter) const { return entries_[counter]; }
  counter_slot& counters_at(std::uint32_t counter) const { return slots_[counter]; }

  static constexpr std::uint32_t miss = UINT32_MAX;

private:
  // Matches no entry where round is 0: entries are read in rounds from 1.
  std::uint64_t tag_of(std::uint32_t round) const { return (std::uint64_t{generation_} << 32) | round; }

  // Both counts are modulo 2^32, and so is their sum. The longest latency, half a minute, times 2^29 calls fits 64
  // bits.
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

  // Each pick reads these: they come first.
  picker_entry* entries_ = nullptr;
  counter_slot* slots_ = nullptr;
  const module_record* record_ = nullptr;
  std::uint64_t version_ = 0;              // of the record
  std::uint32_t members_ = 0;              // of the table; 0 = nothing is cached
  std::uint32_t generation_ = 0;           // of the entries: raised when those read before become invalid
  bool by_turn_ = false;                   // round robin; else p2c
  bool in_order_ = true;                   // each member's counter index is its own index
  std::vector<std::uint32_t> counter_of_;  // by member index, unless in_order_
};

}  // namespace lars::balance
