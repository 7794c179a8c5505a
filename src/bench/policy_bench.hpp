// `lars bench policy`: simulates fleets, agents and calls in virtual time under the project's own policies.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::bench {

// The streams of the command. Borrowed until the call returns.
struct policy_environment {
  std::ostream& out;      // results
  std::ostream& err;      // messages and progress
  bool progress = false;  // `err` is a terminal
};

// Runs a scenario for each policy, load and seed, and prints the results. `args` are the words after `bench policy`.
// The same arguments give the same output on any machine. Returns the exit code: 0 done, 1 failed, 2 wrong arguments.
// Threads: blocking; runs on every core.
int run_policy(const std::vector<std::string>& args, const policy_environment& env);

}  // namespace lars::bench
