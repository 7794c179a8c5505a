// Computes the rows of `lars status` from the reports of agents. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/status_row.hpp"

namespace lars::cli {

// The window of rates in seconds. It includes the current step of the history, so that a host that begins to fail is
// visible at once.
inline constexpr std::int64_t status_window = 30;

// Reports about a host older than this (seconds) are ignored. Even an isolated host gets trials, which are rarely
// further apart.
inline constexpr std::int64_t verdict_lifetime = 300;

struct host_status {
  route_key key;
  endpoint where;
  double calls_per_second = 0;
  std::optional<double> success_rate;  // 0 .. 1; nullopt without calls
  std::optional<double> p50_us;        // nullopt without reported latencies
  std::optional<double> p99_us;
  std::size_t isolated_by = 0;  // number of agents that isolate it
  std::size_t told_by = 0;      // number of agents that reported it within verdict_lifetime
  std::int64_t last_seen = 0;   // Unix time of the latest report
};

// Start of the window that ends now: full steps of the history plus the current one.
std::int64_t window_begin(std::int64_t now);

// Sorted by modid, cmdid, ip, port. REQUIRES: `history` has only rows of the window, one per host and step.
std::vector<host_status> host_statuses(std::span<const storage::call_status_row> statuses,
                                       std::span<const storage::history_row> history, std::int64_t now);

}  // namespace lars::cli
