// What `lars status` says of a host, put together from what agents reported. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/status_row.hpp"

namespace lars::cli {

// Calls of this long before now count for rates; the running step of the history is part of it, so that a host that
// begins to fail is seen at once.
inline constexpr std::int64_t status_window = 30;

// An agent that has not told of a host for so long says nothing about its state any more: calls to an isolated host
// come as probes, so even they are rarely further apart.
inline constexpr std::int64_t verdict_lifetime = 300;

struct host_status {
  route_key key;
  endpoint where;
  double calls_per_second = 0;
  std::optional<double> success_rate;  // 0 .. 1; nothing where there were no calls
  std::optional<double> p50_us;        // nothing where no caller tells latencies
  std::optional<double> p99_us;
  std::size_t isolated_by = 0;  // agents that shield it
  std::size_t told_by = 0;      // agents that told of it lately
  std::int64_t last_seen = 0;   // Unix second of the newest word of it
};

// The window that ends now: full steps of the history, and what has passed of the running one.
std::int64_t window_begin(std::int64_t now);

// By modid, cmdid, ip, port. `history` is of the window alone, one row a host and step; both are sorted by host.
std::vector<host_status> host_statuses(std::span<const storage::call_status_row> statuses,
                                       std::span<const storage::history_row> history, std::int64_t now);

}  // namespace lars::cli
