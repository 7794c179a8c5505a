// What a reporter counted since its start.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::reporter {

// Threads: any thread.
struct reporter_probe {
  using counter = std::atomic<std::uint64_t>;

  counter batches{0};      // applied and committed
  counter duplicates{0};   // of what had been applied already
  counter gaps{0};         // that came before their predecessors; asked for again
  counter turned_away{0};  // not taken because the queue was full; asked for again
  counter refused{0};      // noted without their rows because the database would not have these
  counter rows{0};         // given to the database and committed
  counter flushes{0};      // transactions that were committed
  counter failures{0};     // transactions that failed and were tried again
  counter dropped{0};      // connections that sent what is no message of ours
};

}  // namespace lars::reporter
