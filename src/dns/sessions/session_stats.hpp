// Counters and gauges of the published table and of the agents' connections.
#pragma once

#include <atomic>
#include <cstdint>

#include "http/histogram.hpp"

namespace lars::dns {

// Threads: any thread.
struct session_stats {
  using counter = std::atomic<std::uint64_t>;
  using gauge = std::atomic<std::uint64_t>;

  counter answers{0};               // routes sent because an agent asked
  counter pushes{0};                // routes sent because they changed
  counter skipped{0};               // frames with an unknown id
  counter unreadable{0};            // frames whose body does not match their id
  counter refused{0};               // connections closed for exceeding a subscription limit
  counter changes{0};               // modules whose content changed
  gauge unread{0};                  // answer bytes that agents have not read yet
  gauge subscriptions{0};           // summed over all agents
  gauge modules{0};                 // in the table
  gauge hosts{0};                   // in the table
  std::atomic<bool> loaded{false};  // a table was published
  http::histogram push_seconds{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}};
};

}  // namespace lars::dns
