// What one picker remembers between two picks from one module.
#pragma once

#include <cstdint>

#include "balance/policy/score_cache.hpp"
#include "balance/policy/turn_queues.hpp"
#include "balance/table/table_view.hpp"

namespace lars::balance {

// Of a cursor that nothing was picked by: the first pick falls on any host.
inline constexpr std::uint32_t no_turn = UINT32_MAX;

struct turn_state {
  std::uint64_t sequence = 0;          // weighted_round_robin: steps so far
  std::uint32_t next = no_turn;        // where the search for the next idle host begins, modulo the number of hosts
  std::uint32_t next_trial = no_turn;  // the same for overloaded hosts
  std::uint32_t picks = 0;             // picks since the last probe while a host is overloaded
  bool started = false;                // `sequence` was given its random start
};

// Lifetime: its picker's. Threads: owner context only.
struct cursor {
  score_cache scores;
  turn_state turns;
  table_view table;    // of the last pick; the next one looks whether it is still in use
  turn_queues queues;  // of the policy lars

  // The next pick looks at the table anew. Whenever the picker's notes lie elsewhere.
  void forget_table() {
    scores.forget();
    queues.forget();
    table = {};
  }
};

}  // namespace lars::balance
