// The commands of `lars` for operators: routes, settings, requests to an agent, migrations. app determines the storage
// and the agent from the configuration and passes the remaining arguments.
#pragma once

#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::cli {

// The exit codes of all commands.
enum exit_code : int {
  exit_done = 0,
  exit_failed = 1,              // the operation failed: no storage, no agent, or all hosts ejected
  exit_usage = 2,               // the command line is invalid
  exit_not_found = 3,           // the module or the host does not exist
  exit_bad_configuration = 78,  // the configured database does not exist, is not of Lars or is not migrated
  exit_reader_left = 141,       // the reader closed its pipe; the code that a shell gives for SIGPIPE
};

// The environment of a command. Data go to `out`, messages to `err`. Lifetime: until run() returns.
struct environment {
  storage::storage_config storage;
  endpoint agent;  // the first of its three UDP ports
  std::ostream& out;
  std::ostream& err;
  bool colours = false;                   // `out` is a terminal and NO_COLOR is not set
  std::vector<endpoint> agent_http = {};  // possible HTTP addresses of the agent, the most likely first
};

// True for the commands of this folder: route, module, get-host, get-route, report, explain, simulate, status,
// history, migrate.
bool knows(const std::string& command);

// Runs one command and returns the exit code of the process. `args` are the arguments after the command, without
// --config and --set. --help or -h prints the help of the command to `out` and returns exit_done. REQUIRES:
// knows(command). Threads: blocking; one call at a time.
int run(const std::string& command, const std::vector<std::string>& args, const environment& env);

// One line for each command of this folder.
void print_help(std::ostream& out);

}  // namespace lars::cli
