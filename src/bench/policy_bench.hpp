// `lars bench policy`: fleets, agents and calls in virtual time, spread by the project's own policies.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::bench {

// Where the command speaks. Borrowed: lives until the call returns.
struct policy_environment {
  std::ostream& out;      // results
  std::ostream& err;      // messages, and how far it has come
  bool progress = false;  // `err` is a terminal
};

// Runs a scenario under policies at loads with seeds and prints what came of it; `args` is what follows `bench policy`.
// The same arguments give the same output, on any machine. Returns the process's exit code: 0 done, 1 not possible, 2
// the arguments cannot be read. Threads: blocking; runs on every core.
int run_policy(const std::vector<std::string>& args, const policy_environment& env);

}  // namespace lars::bench
