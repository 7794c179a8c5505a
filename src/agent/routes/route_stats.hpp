// Counters of the route manager since the agent's start.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct route_stats {
  std::atomic<std::uint64_t> modules{0};                // a gauge: known modules, including empty ones not yet retired
  std::atomic<std::uint64_t> modules_retired{0};        // retired because they were empty and unused
  std::atomic<std::uint64_t> modules_with_settings{0};  // a gauge
  std::atomic<std::uint64_t> unsaved_routes{0};         // a gauge: modules whose last route is not on the disk
  std::atomic<std::uint64_t> refused_settings{0};       // a gauge: modules whose settings from dns were refused
  std::atomic<std::uint64_t> unused_hosts{0};           // a gauge: hosts outside their module's subset
  std::atomic<std::uint64_t> pulls{0};                  // routes requested from dns
  std::atomic<std::uint64_t> answers{0};                // routes received from dns, requested or pushed
  std::atomic<std::uint64_t> refused_hosts{0};          // received hosts with an invalid address or port
  std::atomic<std::uint64_t> route_changes{0};          // updates that changed a module's hosts or settings
  std::atomic<std::uint64_t> held_back{0};              // a gauge: modules whose answer may be older than their route
};

}  // namespace lars::agent
