// What the agent's way of results counted since its start.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct report_stats {
  using counter = std::atomic<std::uint64_t>;

  counter batches{0};       // put into the spool
  counter acknowledged{0};  // committed by a reporter, or delivered to an old one
  counter resent{0};        // sent once more: a reporter asked for it, or another connection came
  counter merged{0};        // batches that became part of a coarser one because the spool had reached its bound
  counter failures{0};      // drains that could not be spooled and stayed in the counters for the time being
  counter spool_bytes{0};   // a gauge: on disk now
  counter waiting{0};       // a gauge: batches on disk that nobody has acknowledged

  counter counters_in_memory{0};  // a gauge: 1 where a kill loses counts because the disk had no room for them
};

}  // namespace lars::agent
