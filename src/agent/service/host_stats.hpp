// Counters over the hosts of all modules of this agent.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct host_stats {
  std::atomic<std::int64_t> hosts{0};           // a gauge: hosts that take calls, summed over modules
  std::atomic<std::int64_t> isolated{0};        // a gauge: ejected hosts among them
  std::atomic<std::uint64_t> isolations{0};     // verdicts that ejected a host
  std::atomic<std::uint64_t> returns{0};        // verdicts that readmitted a host
  std::atomic<std::uint64_t> timeouts{0};       // calls whose result was not reported within the lease
  std::atomic<std::uint64_t> mode_switches{0};  // p2c switches between latencies and load reports
};

}  // namespace lars::agent
