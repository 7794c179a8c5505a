// Counters and gauges of watching the database.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::dns {

// Threads: any thread.
struct watch_stats {
  using counter = std::atomic<std::uint64_t>;
  using gauge = std::atomic<std::uint64_t>;

  counter storage_failures{0};     // polls and loads that failed
  counter late_changes{0};         // id ranges in which change rows appeared far below the highest id
  counter reconciles{0};           // complete comparisons with the database
  gauge modules_with_settings{0};  // whose settings are in force, with hosts or without
  gauge refused_settings{0};       // modules whose settings in the database are invalid
  gauge refused_rows{0};           // rows in the database with an invalid value
  gauge unusable_modules{0};       // modules none of whose rows names a host
  gauge version{0};                // RouteVersion.version at the last poll
};

}  // namespace lars::dns
