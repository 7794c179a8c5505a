// `lars bench qps`: how many picks a second callers get from an agent over UDP, and how long each takes.
#pragma once

#include <filesystem>
#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace lars::bench {

// Where the measurement works and speaks. Borrowed: lives until run_qps() returns.
struct qps_environment {
  endpoint agent;                 // the first of its three UDP ports
  std::filesystem::path program;  // the lars executable, started as child processes by --compare
  std::ostream& out;              // figures
  std::ostream& err;              // messages
};

// `args` is what follows `bench qps`, without --config and --set. Returns the process's exit code: 0 measured,
// 1 not possible (no agent answers), 2 usage, 3 no such module. --help prints what there is.
// Threads: blocking; starts threads of its own and joins them before it returns.
int run_qps(const std::vector<std::string>& args, const qps_environment& env);

}  // namespace lars::bench
