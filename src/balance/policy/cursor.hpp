// What one picker keeps between two picks from one module.
#pragma once

#include <cstdint>

#include "balance/policy/score_cache.hpp"
#include "balance/policy/turn_queues.hpp"
#include "balance/table/table_view.hpp"

namespace lars::balance {

// The turn of a new cursor: the first pick falls on any host.
inline constexpr std::uint32_t no_turn = UINT32_MAX;

struct turn_state {
  std::uint64_t sequence = 0;          // weighted_round_robin: steps so far
  std::uint32_t next = no_turn;        // where the search for the next idle host begins, modulo the number of hosts
  std::uint32_t next_trial = no_turn;  // the same for trials of ejected hosts
  std::uint32_t picks = 0;             // picks since the last trial, while a host is ejected
  bool started = false;                // `sequence` was given its random start
};

struct policy_definition;

// Lifetime: its picker's. Threads: owner context only.
struct cursor {
  score_cache scores;
  turn_state turns;
  table_view table;                           // of the last pick; the next pick checks that it is still in use
  turn_queues queues;                         // of the policy lars
  const policy_definition* policy = nullptr;  // of the table; null before the first pick

  // The next pick reads the table again. To be called when the picker's entries move.
  void forget_table() {
    scores.forget();
    queues.forget();
    table = {};
  }
};

}  // namespace lars::balance
