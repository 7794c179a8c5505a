// What the control loop counted since the agent's start.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: any thread.
struct route_stats {
  std::atomic<std::uint64_t> modules{
      0};  // a gauge: with a route, and those whose hosts went and that are not retired yet
  std::atomic<std::uint64_t> modules_retired{0};        // whose hosts were gone and that nobody asked for
  std::atomic<std::uint64_t> modules_with_settings{0};  // a gauge
  std::atomic<std::uint64_t> unsaved_routes{0};         // a gauge: modules whose last route is not on the disk
  std::atomic<std::uint64_t> refused_settings{0};  // a gauge: modules of which dns told some that mean nothing here
  std::atomic<std::uint64_t> unused_hosts{0};      // a gauge: of all modules' hosts, those that subsets leave out
  std::atomic<std::uint64_t> pulls{0};             // routes that dns was asked for
  std::atomic<std::uint64_t> answers{0};           // routes that dns told, asked or not
  std::atomic<std::uint64_t> refused_hosts{0};     // in those: nobody can be called there
  std::atomic<std::uint64_t> route_changes{0};     // routes that became others
  std::atomic<std::uint64_t> held_on{0};  // a gauge: modules of which dns told what may be older than what is there
};

}  // namespace lars::agent
