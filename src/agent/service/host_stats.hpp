// How the hosts of all modules of this machine stand.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct host_stats {
  std::atomic<std::int64_t> hosts{0};           // a gauge: that take calls, each module's counted
  std::atomic<std::int64_t> isolated{0};        // a gauge: of those, shielded from calls because they failed
  std::atomic<std::uint64_t> isolations{0};     // verdicts that shielded one
  std::atomic<std::uint64_t> returns{0};        // verdicts that took one back
  std::atomic<std::uint64_t> timeouts{0};       // calls that nobody told of within the lease
  std::atomic<std::uint64_t> mode_switches{0};  // of p2c, between latencies and load reports
};

}  // namespace lars::agent
