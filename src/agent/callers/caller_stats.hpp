// Counters of the callers that share memory with this agent.
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/callers/layout_counts.hpp"

namespace lars::agent {

// Calls counted since the last round.
struct call_totals {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t ignored = 0;
};

// Threads: one writer, any reader.
struct caller_stats {
  std::atomic<std::uint64_t> callers{0};             // a gauge: attached callers
  std::atomic<std::uint64_t> caller_bytes{0};        // a gauge: bytes of their counters
  std::atomic<std::uint64_t> routes_bytes{0};        // a gauge: bytes of the routes memory in use
  std::atomic<std::uint64_t> attached{0};            // callers accepted
  std::atomic<std::uint64_t> returned{0};            // accepted callers that brought counters from before
  std::atomic<std::uint64_t> refused_layout{0};      // callers whose library has another major layout
  layout_counts refused_layouts;                     // likewise, by layout
  std::atomic<std::uint64_t> refused_full{0};        // callers, or segments for them, beyond a limit
  std::atomic<std::uint64_t> refused_process{0};     // callers whose process has too many connections
  std::atomic<std::uint64_t> refused_memory{0};      // callers, or segments for them, because memory ran out
  std::atomic<std::uint64_t> dropped{0};             // callers dropped for malformed messages or counters
  std::atomic<std::uint64_t> rejected{0};            // counter values that decreased
  std::atomic<std::uint64_t> picks{0};               // calls begun, as callers counted them
  std::atomic<std::uint64_t> ends{0};                // calls ended with an outcome
  std::atomic<std::uint64_t> failures{0};            // calls ended with a failure
  std::atomic<std::uint64_t> abandoned{0};           // calls ended without an outcome
  std::atomic<std::uint64_t> released_in_flight{0};  // calls in flight when their caller disconnected
  std::atomic<std::uint64_t> loads_taken{0};         // load reports recorded by a module
  std::atomic<std::uint64_t> loads_ignored{0};       // load reports about unknown modules or hosts
  std::atomic<std::uint64_t> loads_rejected{0};      // implausible load reports
  std::atomic<std::uint64_t> ignored{0};             // calls not counted: unknown to dns, or too many
  std::atomic<std::uint64_t> asks_refused{0};        // module requests beyond a process's budget
  std::atomic<std::uint64_t> waiting{0};             // a gauge: calls to modules that dns has not answered yet

  void add(const call_totals& more) {
    picks += more.picks;
    ends += more.ends;
    failures += more.failures;
    abandoned += more.abandoned;
    ignored += more.ignored;
  }
};

}  // namespace lars::agent
