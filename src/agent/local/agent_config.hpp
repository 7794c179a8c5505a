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
#include "balance/health_config.hpp"
#include "balance/policy_settings.hpp"

namespace lars::agent {

struct agent_config {
  endpoint listen{0x7f000001, 8888};  // first of three UDP ports in a row; port 0 = any three free ones in a row
  std::vector<endpoint> dns;  // routes come from one of these, preferred by rendezvous hash; empty = saved routes alone
  std::vector<endpoint> reporters;                  // results go to one of these, likewise; empty = nobody wants them
  std::chrono::milliseconds report_interval{1000};  // how often results are sent
  std::size_t spool_bytes = 64u << 20;              // of results that wait for a reporter; then they are merged
  std::filesystem::path state_dir;                  // routes, results and the counters of calls are kept here
  std::filesystem::path run_dir;                    // its lock refuses a second agent, its socket is where callers find
                                                    // the shared memory; empty = state_dir
  std::uint64_t stable_id = 0;                      // chooses subsets of hosts; the role reads it from state_dir
  std::string group;                                // whose processes may share memory; empty = our own group
  std::uint64_t routes_bytes = std::uint64_t{512} << 20;  // of shared memory for routes; beyond it UDP alone
  std::size_t max_callers = 4096;                         // connections of processes that share memory at once
  std::uint64_t caller_bytes = 64u << 20;                 // of counters that each of them may have
  std::chrono::milliseconds tick{10};                     // how often their counters are looked at
  balance::policy_settings policy;                        // of modules without settings of their own
  balance::health_config health;                          // [loadbalance]
  std::chrono::seconds update_timeout{15};       // a module in use is asked for again when its route is older than this
  std::chrono::milliseconds keep_empty{60'000};  // a module without hosts that nobody asks for is retired after so long
  server_moves_config moves;                     // when a dns or reporter is left for another, and returned to
};

// What changes while the role runs.
struct agent_tuning {
  balance::policy_settings policy;
  balance::health_config health;
  std::chrono::seconds update_timeout{15};
  std::chrono::milliseconds report_interval{1000};
};

}  // namespace lars::agent
