// `lars bench qps`: measures picks a second and the time of each, on a running agent over UDP, or on an agent started
// for the measurement, through shared memory or over UDP.
#pragma once

#include <filesystem>
#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace lars::bench {

// What the measurement works with. Borrowed until run_qps() returns.
struct qps_environment {
  endpoint agent;                 // a running agent: the first of its three UDP ports
  std::filesystem::path program;  // the lars executable, for roles as child processes
  std::ostream& out;              // figures
  std::ostream& err;              // messages
};

// `args` are the words after `bench qps`, without --config and --set. Returns the exit code: 0 measured; 1 failed (for
// example no agent answers), or the agent counted other calls than were made; 2 usage; 3 no such module. Threads:
// blocking; starts threads and processes and waits for their end. REQUIRES: the process has no other thread.
int run_qps(const std::vector<std::string>& args, const qps_environment& env);

}  // namespace lars::bench
