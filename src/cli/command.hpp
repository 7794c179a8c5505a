// The commands a person types besides roles: routes, settings, questions to an agent, migrations. app finds out which
// storage and which agent are meant, and calls here with what is left of the command line.
#pragma once

#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::cli {

// What every command ends with.
enum exit_code : int {
  exit_done = 0,
  exit_failed = 1,              // the work could not be done: storage or agent away, hosts overloaded
  exit_usage = 2,               // the command line says something that is not allowed
  exit_not_found = 3,           // the module or the host does not exist
  exit_bad_configuration = 78,  // the configuration names a database that is not there, not ours or not migrated
  exit_reader_left = 141,       // whoever read the output closed it: what a shell says of an end by SIGPIPE
};

// Where a command works and speaks. Data go to `out`, messages to `err`. Borrowed: lives until run() returns.
struct environment {
  storage::storage_config storage;
  endpoint agent;  // the first of its three UDP ports
  std::ostream& out;
  std::ostream& err;
  bool colours = false;                   // `out` is a terminal whose person has nothing against colours
  std::vector<endpoint> agent_http = {};  // where the agent may answer HTTP, the likeliest first
};

// True for the commands of this folder: route, module, get-host, get-route, report, explain, simulate, status,
// history, migrate.
bool knows(const std::string& command);

// Runs one command and returns the process's exit code. `args` is what follows the command's name, without --config and
// --set. An argument --help or -h prints that command's help to `out` and returns exit_done.
// REQUIRES: knows(command). Threads: blocking; one call at a time.
int run(const std::string& command, const std::vector<std::string>& args, const environment& env);

// One line for each command of this folder.
void print_help(std::ostream& out);

}  // namespace lars::cli
