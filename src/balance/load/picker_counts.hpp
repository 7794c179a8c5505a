// What a picker knows of hosts beyond what is published: its own calls, counted in memory that it alone writes.
#pragma once

#include <cstdint>
#include <span>

#include "balance/load/latency_sample.hpp"

namespace lars::balance {

struct counter_slot;
class lone_estimate;

// What was published of a host that was in when a picker looked at it: within a round it stands. All but the first two
// is for p2c's score.
struct seen_host {
  std::uint64_t tag = 0;      // score_cache': of which look; 0 = none
  std::uint64_t id = 0;       // slot 32 | generation 32
  std::uint64_t latency = 0;  // nanoseconds, > 0, of p2c
  std::uint32_t weight = 1;   // 1 .. max_weight
  std::uint32_t calls = 0;    // modulo 2^32: under way, less those of the picker's own that are in its `under_way`
};

// What a picker keeps beside its counters of one host, so that a pick reads one cache line a host.
struct alignas(64) picker_entry {
  std::uint64_t where = 0;      // the host: ip 32 | port 32, as in its counters; 0 = none
  std::uint32_t tick = 0;       // the round in which the agent was last told of a change
  std::uint32_t epoch = 0;      // the load sums that `base` belongs to
  std::uint32_t base = 0;       // calls of this picker that were under way when they were made
  std::uint32_t under_way = 0;  // now: those that began here, less those that ended here, modulo 2^32
  latency_sample sample{};      // of its calls' latencies
  seen_host seen;
};
static_assert(sizeof(picker_entry) == 64);

// Lifetime: at most the counters'. Threads: owner context only.
struct picker_counts {
  counter_slot* slots = nullptr;             // the counters; null = everything the picker does is published at once
  std::span<picker_entry> entries;           // as many as there are counters
  std::span<const std::uint32_t> positions;  // by the module's slot: the place of a host that is not in that slot's
  std::uint32_t epoch = 0;                   // the load sums that are published
  std::uint32_t round = 0;                   // what is published is of the round of this number; 0 = of this moment
  bool alone = false;                 // nobody publishes: the picker's own calls and failures count, and no others
  std::span<lone_estimate> measured;  // of a picker that is alone: by place, as many as entries

  // The entry of this host, usually at the position of its slot; null where the picker has counted no call to it.
  picker_entry* entry_of(std::uint64_t where, std::uint32_t slot) const {
    if (slot < entries.size() && entries[slot].where == where) [[likely]]
      return &entries[slot];
    if (slot >= positions.size() || positions[slot] >= entries.size()) return nullptr;
    auto* const note = &entries[positions[slot]];
    return note->where == where ? note : nullptr;
  }
};

// Of a picker all of whose calls are published at once.
inline constexpr picker_counts no_picker_counts;

// Of a picker that is alone and has counted nothing yet.
inline constexpr picker_counts no_counts_alone{.entries = {}, .positions = {}, .alone = true, .measured = {}};

// Of this picker's calls under way at the host, those that the published sum knows of.
inline std::uint32_t counted_in(const picker_entry& host, const picker_counts& own) {
  return host.epoch == own.epoch ? host.base : host.under_way;
}

// A picker that is alone takes a host for overloaded after so many failures of its own in a row.
inline constexpr std::uint32_t lone_failure_limit = 15;

}  // namespace lars::balance
