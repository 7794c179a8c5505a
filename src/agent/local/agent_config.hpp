// Settings of the agent role, validated at start. Immutable after construction.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <lars/types.hpp>
#include <string>
#include <vector>

#include "agent/link/server_moves.hpp"
#include "balance/health/health_config.hpp"
#include "balance/table/policy_settings.hpp"

namespace lars::agent {

struct agent_config {
  endpoint listen{0x7f000001, 8888};  // first of three UDP ports in a row; port 0 = any three free ones in a row
  std::vector<endpoint> dns;          // sources of routes, preferred by rendezvous hash; empty = saved routes only
  std::vector<endpoint>
      reporters;  // receivers of results, preferred by the same hash; empty = results are not reported
  std::chrono::milliseconds report_interval{1000};  // between two reports of results
  std::size_t spool_bytes = 64u << 20;              // limit of spooled results; beyond it they are merged
  std::filesystem::path state_dir;                  // holds routes, results and call counters
  std::filesystem::path run_dir;                    // holds the lock that excludes a second agent and the socket of
                                                    // shared-memory callers; empty = state_dir
  std::uint64_t stable_id = 0;                      // chooses subsets of hosts; the role reads it from state_dir
  std::string group;                                // group whose processes may share memory; empty = the agent's
  std::uint64_t routes_bytes = std::uint64_t{512} << 20;  // limit of shared memory for routes; the rest use UDP only
  std::size_t max_callers = 4096;                         // limit of connections of shared-memory callers
  std::uint64_t caller_bytes = 64u << 20;                 // limit of counters per connection
  std::chrono::milliseconds tick{10};                     // interval of reading callers' counters
  balance::policy_settings policy;                        // default of modules without settings
  balance::health_config health;                          // [loadbalance]
  std::chrono::seconds update_timeout{15};                // routes of modules in use are refreshed when older than this
  std::chrono::milliseconds keep_empty{60'000};           // unused modules without hosts are retired after this time
  server_moves_config moves;                              // when to leave a dns or reporter, and when to return
};

// The settings that can change while the role runs.
struct agent_tuning {
  balance::policy_settings policy;
  balance::health_config health;
  std::chrono::seconds update_timeout{15};
  std::chrono::milliseconds report_interval{1000};
};

}  // namespace lars::agent
