// The description of a command: its name, its arguments and its function.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/row_writer.hpp"

namespace lars::cli {

// Immutable after construction.
struct command_spec {
  std::string name;     // "route add"
  std::string usage;    // its arguments, for help
  std::string summary;  // one line
  std::size_t least_positional = 0;
  std::size_t most_positional = 0;
  std::vector<option_spec> options;
  // REQUIRES: `args` was parsed with `options` and has a permitted number of positional arguments.
  std::function<int(const arguments& args, const environment& env)> run;
  std::string details;  // further lines of its help; empty, or ends with a line break
};

// The commands, grouped by file.
std::vector<command_spec> route_commands();     // route add, set, remove, list, import, export
std::vector<command_spec> module_commands();    // module set, unset, list, show
std::vector<command_spec> agent_commands();     // get-host, get-route, report
std::vector<command_spec> explain_commands();   // explain
std::vector<command_spec> simulate_commands();  // simulate
std::vector<command_spec> status_commands();    // status, history
std::vector<command_spec> migrate_commands();   // migrate

// --format table|json|csv.
option_spec format_option();

// The value of --format, or `otherwise` if it is not given.
result<row_format> format_of(const arguments& args, row_format otherwise);

// Prints the error to env.err and returns its exit code.
int fail(const environment& env, const lars::error& failure);

// Returns the exit code of an operation; prints its error, if any.
inline int end_with(const environment& env, const result<void>& outcome) {
  return outcome ? exit_done : fail(env, outcome.error());
}

// Parses the optional arguments "[M C]". nullopt if they are not given.
result<std::optional<route_key>> module_of(const arguments& args);

}  // namespace lars::cli
