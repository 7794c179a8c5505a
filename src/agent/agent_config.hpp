// Settings of the agent role, validated at start. Immutable after construction.
#pragma once

#include <chrono>
#include <filesystem>
#include <lars/types.hpp>
#include <vector>

#include "balance/health_config.hpp"

namespace lars::agent {

struct agent_config {
  endpoint listen{0x7f000001, 8888};  // first of three UDP ports in a row; port 0 = any three free ones in a row
  std::vector<endpoint> dns;  // routes come from one of these, preferred by rendezvous hash; empty = saved routes alone
  std::filesystem::path state_dir;          // routes are saved here
  std::filesystem::path run_dir;            // its lock refuses a second agent; empty = state_dir
  balance::health_config health;            // [loadbalance]
  std::chrono::seconds update_timeout{15};  // a module in use is asked for again when its route is older than this
};

}  // namespace lars::agent
