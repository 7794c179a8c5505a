// `lars bench qps`: how many picks a second callers get from an agent, and how long each takes: from one that runs,
// over UDP, or from one started for the purpose, through shared memory or over UDP.
#pragma once

#include <filesystem>
#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace lars::bench {

// Where the measurement works and speaks. Borrowed: lives until run_qps() returns.
struct qps_environment {
  endpoint agent;                 // of one that runs: the first of its three UDP ports
  std::filesystem::path program;  // the lars executable, started as child processes for an agent of its own
  std::ostream& out;              // figures
  std::ostream& err;              // messages
};

// `args` is what follows `bench qps`, without --config and --set. Returns the process's exit code: 0 measured,
// 1 not possible (no agent answers), or the agent heard of other calls than were made, 2 usage, 3 no such module.
// --help prints what there is. Threads: blocking; starts threads and processes of its own and waits for them before it
// returns. REQUIRES: the process has no other thread.
int run_qps(const std::vector<std::string>& args, const qps_environment& env);

}  // namespace lars::bench
