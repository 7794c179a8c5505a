// What a picker knows of hosts beyond what is published: its own calls, counted in memory that only it writes.
#pragma once

#include <cstdint>
#include <span>

#include "balance/load/latency_sample.hpp"

namespace lars::balance {

struct counter_slot;
class lone_estimate;

// What was published of a host that was not ejected, as read in one round. All but the first two is for p2c's score.
struct seen_host {
  std::uint64_t tag = 0;      // generation 32 | round 32, of score_cache; 0 = not read
  std::uint64_t id = 0;       // slot 32 | generation 32
  std::uint64_t latency = 0;  // nanoseconds, > 0, of p2c
  std::uint32_t weight = 1;   // 1 .. max_weight
  std::uint32_t calls = 0;    // modulo 2^32: published as under way, less the picker's own, which are in `under_way`
};

// What a picker keeps of one host beside its counters: one cache line, so that a pick reads no other.
struct alignas(64) picker_entry {
  std::uint64_t where = 0;      // the host: ip 32 | port 32, as in counter_slot; 0 = none
  std::uint32_t tick = 0;       // the round in which a change was last announced to the agent
  std::uint32_t epoch = 0;      // the load sums that `base` belongs to
  std::uint32_t base = 0;       // calls of this picker that were under way when those sums were made
  std::uint32_t under_way = 0;  // now: begun minus ended, modulo 2^32
  latency_sample sample{};      // of its calls' latencies
  seen_host seen;
};
static_assert(sizeof(picker_entry) == 64);

// Lifetime: at most the counters'. Threads: owner context only.
struct picker_counts {
  counter_slot* slots = nullptr;             // the counters; null = the picker's calls are published at once
  std::span<picker_entry> entries;           // by counter index
  std::span<const std::uint32_t> positions;  // by the host's slot: its counter index, where that is another number
  std::uint32_t epoch = 0;                   // the load sums that are published
  std::uint32_t round = 0;                   // the published values are of this round; 0 = they change at any time
  bool alone = false;                        // no agent publishes: only the picker's own calls and failures count
  std::span<lone_estimate> measured;         // of a picker that is alone: by counter index

  // The entry of this host; null if the picker has no counter of it. Its counter index is most often its slot.
  picker_entry* entry_of(std::uint64_t where, std::uint32_t slot) const {
    if (slot < entries.size() && entries[slot].where == where) [[likely]]
      return &entries[slot];
    if (slot >= positions.size() || positions[slot] >= entries.size()) return nullptr;
    auto* const entry = &entries[positions[slot]];
    return entry->where == where ? entry : nullptr;
  }
};

// For a picker whose calls are all published at once.
inline constexpr picker_counts no_picker_counts;

// For a picker that is alone and has counted nothing yet.
inline constexpr picker_counts no_counts_alone{.entries = {}, .positions = {}, .alone = true, .measured = {}};

// How many of this picker's calls under way at the host the published sum contains.
inline std::uint32_t counted_in(const picker_entry& host, const picker_counts& own) {
  return host.epoch == own.epoch ? host.base : host.under_way;
}

// A picker that is alone ejects a host after so many failures of its own in a row.
inline constexpr std::uint32_t lone_failure_limit = 15;

}  // namespace lars::balance
