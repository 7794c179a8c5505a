// Counters of the results pipeline since the agent's start.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct report_stats {
  using counter = std::atomic<std::uint64_t>;

  counter batches{0};       // appended to the spool
  counter acknowledged{0};  // committed by a reporter, or delivered to an old one
  counter resent{0};        // sent again, at the reporter's request or over a new connection
  counter merged{0};        // merged into coarser batches because the spool reached its limit
  counter failures{0};      // drains that could not be spooled and stayed in the counters
  counter spool_bytes{0};   // a gauge: bytes on disk
  counter waiting{0};       // a gauge: unacknowledged batches on disk

  counter counters_in_memory{0};  // a gauge: 1 if a kill would lose counts because the disk had no space for them
};

}  // namespace lars::agent
