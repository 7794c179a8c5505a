// What one picker remembers between two picks from one module.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "balance/member.hpp"
#include "balance/table_view.hpp"

namespace lars::balance {

struct lane_slot;

// What a picker notes beside its counters of one host, so that a pick reads one line of memory a host.
struct alignas(32) slot_note {
  std::uint64_t where = 0;      // the host: ip 32 | port 32, as in its counters; 0 = none
  std::uint32_t tick = 0;       // the round in which the agent was last told of a change
  std::uint32_t epoch = 0;      // the load sums that `base` belongs to
  std::uint32_t base = 0;       // calls of this picker that were under way when they were made
  std::uint32_t under_way = 0;  // now: those that began here, less those that ended here, modulo 2^32
};

// What a picker knows of hosts beyond what is published: its own calls, counted in memory that it alone writes.
// Lifetime: one pick. Threads: owner context only.
struct own_counts {
  const lane_slot* slots = nullptr;       // the counters; null = everything the picker does is published at once
  std::span<const slot_note> notes;       // as many as there are counters
  std::span<const std::uint32_t> places;  // by the module's slot: the place of a host that is not in that slot's
  std::uint32_t epoch = 0;                // the load sums that are published
  bool alone = false;                     // nobody publishes verdicts: the picker's own failures count

  // What the picker notes of this host, most often in the place of its slot; null where it has counted nothing of it.
  const slot_note* note_of(std::uint64_t where, std::uint32_t slot) const {
    if (slot < notes.size() && notes[slot].where == where) [[likely]]
      return &notes[slot];
    if (slot >= places.size() || places[slot] >= notes.size()) return nullptr;
    const auto* const note = &notes[places[slot]];
    return note->where == where ? note : nullptr;
  }
};

// A picker that is alone takes a host for overloaded after so many failures of its own in a row.
inline constexpr std::uint32_t lone_failure_limit = 15;

// Of a cursor that nothing was picked by: the first pick falls on any host.
inline constexpr std::uint32_t no_turn = UINT32_MAX;

struct lane_cursors {
  std::uint64_t sequence = 0;            // weighted_round_robin: steps so far
  std::uint32_t cursor = no_turn;        // where the search for the next idle host begins, modulo the number of hosts
  std::uint32_t probe_cursor = no_turn;  // the same for overloaded hosts
  std::uint32_t picks = 0;               // picks since the last probe while a host is overloaded
  bool started = false;                  // `sequence` was given its random start
};

// The policy lars: where a host stands in the queue of its verdict.
struct queue_place {
  std::uint32_t generation = 0;  // whose place it is; 0 = nobody's
  std::uint64_t turn = 0;        // the lower the earlier
  std::uint64_t changed = 0;     // the host's last change of verdict that was seen
};

// Lifetime: its picker's. Threads: owner context only.
struct lane {
  lane_cursors at;
  table_view table;                // of the last pick; the next one looks whether it is still in use
  std::vector<queue_place> queue;  // lars: by slot
  std::uint64_t last_turn = 0;     // lars: given out so far
};

}  // namespace lars::balance
