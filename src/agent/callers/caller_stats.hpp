// What the agent counted of callers that share memory with it.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Of calls, between two rounds.
struct told_calls {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t ignored = 0;
};

// Threads: one writer, any reader.
struct caller_stats {
  std::atomic<std::uint64_t> callers{0};          // a gauge: attached
  std::atomic<std::uint64_t> caller_bytes{0};     // a gauge: of counters they have
  std::atomic<std::uint64_t> routes_bytes{0};     // a gauge: of the routes memory in use
  std::atomic<std::uint64_t> attached{0};         // callers taken in
  std::atomic<std::uint64_t> returned{0};         // of those, with counters of before
  std::atomic<std::uint64_t> refused_layout{0};   // callers whose library lays memory out otherwise
  std::atomic<std::uint64_t> refused_full{0};     // callers, or segments for them, beyond a limit
  std::atomic<std::uint64_t> refused_process{0};  // callers whose process has too many connections
  std::atomic<std::uint64_t> refused_memory{0};   // callers, or segments for them, for want of memory
  std::atomic<std::uint64_t> dropped{0};          // callers dropped for rubbish on the socket or in their counters
  std::atomic<std::uint64_t> rejected{0};         // counts of callers that went backwards
  std::atomic<std::uint64_t> picks{0};            // calls begun, as callers counted them
  std::atomic<std::uint64_t> ends{0};             // calls ended with an outcome
  std::atomic<std::uint64_t> failures{0};         // of those, failures
  std::atomic<std::uint64_t> abandoned{0};        // calls ended without one
  std::atomic<std::uint64_t> given_back{0};       // calls under way when their caller went
  std::atomic<std::uint64_t> loads_taken{0};      // load reports that a module was given
  std::atomic<std::uint64_t> loads_ignored{0};    // those about hosts or modules that are not (or no longer) there
  std::atomic<std::uint64_t> loads_rejected{0};   // those that cannot be
  std::atomic<std::uint64_t> ignored{0};       // calls that could not be counted: dns knows no such module, or too many
  std::atomic<std::uint64_t> asks_refused{0};  // modules that a process asked for beyond its share
  std::atomic<std::uint64_t> waiting{0};       // a gauge: calls to modules that dns has yet to tell of

  void add(const told_calls& more) {
    picks += more.picks;
    ends += more.ends;
    failures += more.failures;
    abandoned += more.abandoned;
    ignored += more.ignored;
  }
};

}  // namespace lars::agent
