// Counters and gauges of a reporter.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "http/histogram.hpp"
#include "storage/freshness.hpp"

namespace lars::reporter {

// How often the database is checked. It counts as lost after five checks without an answer.
inline constexpr std::chrono::milliseconds check_interval{200};

// Threads: any thread.
struct reporter_stats {
  using counter = std::atomic<std::uint64_t>;

  counter batches{0};       // applied and committed
  counter duplicates{0};    // applied before
  counter gaps{0};          // came before their predecessors; requested again
  counter forgotten{0};     // acknowledged, and lost by the database
  counter turned_away{0};   // rejected because the inbox was full; requested again
  counter unreadable{0};    // messages that could not be parsed; skipped
  counter refused{0};       // with rows that the database refused
  counter refused_rows{0};  // refused for their values; kept in the refused_file
  counter skewed{0};        // of agents with wrong clocks
  counter rows{0};          // committed
  counter flushes{0};       // committed transactions
  counter failures{0};      // failed transactions; retried
  counter locked{0};        // transactions that timed out waiting for a lock; retried
  counter moved{0};         // history rows moved into a coarser step
  counter deleted{0};       // history rows deleted for their age

  std::atomic<std::uint64_t> held_bytes{0};     // a gauge: batches that wait for the database
  std::atomic<std::uint64_t> waiting_peers{0};  // a gauge: peers that were turned away and wait for room
  std::atomic<std::int64_t> worst_skew{
      0};  // a gauge: of agents' clocks in the last minute, in seconds; positive = ahead
  std::atomic<std::int64_t> database_skew{0};   // a gauge: seconds that this machine's clock is ahead of the database's
  std::atomic<std::int64_t> history_paused{0};  // a gauge: 1 while clocks are doubted and nothing is moved or deleted
  std::atomic<std::int64_t> failing{0};         // a gauge: writers whose last transaction failed
  std::atomic<std::int64_t> locked_writers{0};  // a gauge: writers whose last transaction timed out on a lock
  storage::freshness storage{check_interval};   // of the database, by checks
  http::histogram flush_seconds{
      {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};  // of committed transactions
};

}  // namespace lars::reporter
