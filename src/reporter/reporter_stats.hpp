// What a reporter counted since its start, and how it stands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "http/histogram.hpp"
#include "storage/freshness.hpp"

namespace lars::reporter {

// How often the database is looked at. One that has not answered for five looks counts as lost.
inline constexpr std::chrono::milliseconds look_interval{200};

// Threads: any thread.
struct reporter_stats {
  using counter = std::atomic<std::uint64_t>;

  counter batches{0};       // applied and committed
  counter duplicates{0};    // of what had been applied already
  counter gaps{0};          // that came before their predecessors; asked for again
  counter forgotten{0};     // that agents have an acknowledgement of and the database has lost
  counter turned_away{0};   // not taken because the queue was full; asked for again
  counter unreadable{0};    // messages that are not what their id says; skipped
  counter refused{0};       // of which the database refused rows
  counter refused_rows{0};  // that it refused for their values; they are in the refused_file
  counter skewed{0};        // of agents whose clocks are wrong
  counter rows{0};          // given to the database and committed
  counter flushes{0};       // transactions that were committed
  counter failures{0};      // transactions that failed and were tried again
  counter locked{0};        // transactions that waited in vain for what another one holds, and were tried again
  counter moved{0};         // rows of the history that became part of a coarser step
  counter deleted{0};       // rows of the history that were too old

  std::atomic<std::uint64_t> held_bytes{0};     // a gauge: results that wait for the database
  std::atomic<std::uint64_t> waiting_peers{0};  // a gauge: connections that were turned away and will be asked again
  std::atomic<std::int64_t> worst_skew{
      0};  // a gauge: of agents' clocks in the last minute, in seconds; positive = ahead
  std::atomic<std::int64_t> database_skew{0};   // a gauge: seconds that this machine's clock is ahead of the database's
  std::atomic<std::int64_t> history_paused{0};  // a gauge: 1 while clocks are doubted and nothing is moved or deleted
  std::atomic<std::int64_t> failing{0};         // a gauge: writers whose last transaction failed
  std::atomic<std::int64_t> locked_writers{0};  // a gauge: … whose last transaction waited in vain
  storage::freshness storage{look_interval};    // of the database, by looks at it
  http::histogram flush_seconds{{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};  // of those committed
};

}  // namespace lars::reporter
