// What the dns role counted since its start, and how it stands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "http/histogram.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

// Threads: any thread.
struct dns_stats {
  using counter = std::atomic<std::uint64_t>;
  using gauge = std::atomic<std::uint64_t>;

  counter answers{0};           // modules told to agents that asked
  counter pushes{0};            // modules told to agents because they changed
  counter skipped{0};           // frames with an unknown id
  counter unreadable{0};        // frames whose body is not what their id says
  counter refused{0};           // connections closed because they asked for more modules than anyone may
  counter changes{0};           // modules whose content changed
  counter storage_failures{0};  // looks at the database that failed
  counter late_changes{0};      // ranges of ids in which change rows appeared far below the highest id
  counter reconciles{0};        // complete comparisons with the database
  gauge unread{0};              // bytes of answers that agents have not read yet
  gauge subscriptions{0};       // modules that agents follow, each agent counted
  gauge modules{0};             // in the table
  gauge hosts{0};
  gauge modules_with_settings{0};                             // that count, with hosts or without
  gauge refused_settings{0};                                  // modules whose settings in the database are not allowed
  gauge refused_rows{0};                                      // of the database that hold what is not allowed
  gauge unusable_modules{0};                                  // modules that have no other rows
  gauge version{0};                                           // of the routes, as the database had it at the last look
  std::atomic<bool> loaded{false};                            // the table is there
  storage::freshness routes{std::chrono::milliseconds(200)};  // of the table; the watch knows the interval
  http::histogram push_seconds{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}};
};

}  // namespace lars::dns
