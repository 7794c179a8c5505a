// Rows of the status tables.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/agent_id.hpp"
#include "base/call_sums.hpp"

namespace lars::storage {

// A row of ServerCallStatus: one agent's view of one host, from its health window.
struct call_status_row {
  route_key key;
  endpoint where;
  std::uint32_t caller = 0;  // the agent's own IPv4 address
  std::uint32_t succ = 0;    // real calls since the host last changed state or its window was reset
  std::uint32_t err = 0;
  std::int64_t ts = 0;  // Unix seconds, by the agent's clock
  bool overload = false;
  bool operator==(const call_status_row&) const = default;
};

// Steps of CallHistory in seconds. Each call is in exactly one row, so the sum over all rows is the number of calls.
// Rows that have passed the retention of their step are moved into the next coarser one.
inline constexpr std::uint32_t finest_step = 10;
inline constexpr std::uint32_t minute_step = 60;
inline constexpr std::uint32_t hour_step = 3600;

// A row of CallHistory: sums over `step` seconds from the Unix second `bucket` on, a multiple of `step`.
struct history_row {
  route_key key;
  endpoint where;
  std::uint32_t step = finest_step;
  std::int64_t bucket = 0;
  base::call_sums sums;
  bool operator==(const history_row&) const = default;
};

// A row of ReportProgress: the last batch of one incarnation of an agent that was applied; 0 = none yet.
struct agent_progress {
  base::agent_id agent;
  std::uint64_t seq = 0;
  bool operator==(const agent_progress&) const = default;
};

// What one flush writes. Every vector is sorted by its table's primary key, each key once.
struct status_plan {
  std::vector<call_status_row> overwrites;  // replace the stored row, as programs in the field did
  std::vector<call_status_row> updates;     // replace the stored row unless it is newer
  std::vector<history_row> history;         // are added to the stored sums
  std::vector<agent_progress> progress;     // replace the stored row, even if it has the same seq
};

// A row that the database refused for its values while it accepted the rest of the flush.
struct refused_row {
  const char* table = "";
  route_key key;
  endpoint where;
  std::string statement;  // writes this row alone, once the database accepts it
  std::string reason;     // the database's own words
};

}  // namespace lars::storage
