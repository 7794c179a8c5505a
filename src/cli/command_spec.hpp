// What a command is: its name, what it takes, what it does. The families of commands are lists of these.
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
  std::string name;     // "route add": the words that call it
  std::string usage;    // what follows them, as help shows it
  std::string summary;  // one line
  std::size_t least_positional = 0;
  std::size_t most_positional = 0;
  std::vector<option_spec> options;
  // REQUIRES: `args` was parsed with `options` and has a permitted number of positional arguments.
  std::function<int(const arguments& args, const environment& env)> run;
  std::string details;  // further lines of its help, empty or ending in a line break
};

// The families.
std::vector<command_spec> route_commands();     // route add, set, remove, list, import, export
std::vector<command_spec> module_commands();    // module set, unset, list, show
std::vector<command_spec> agent_commands();     // get-host, get-route, report
std::vector<command_spec> explain_commands();   // explain
std::vector<command_spec> simulate_commands();  // simulate
std::vector<command_spec> status_commands();    // status, history
std::vector<command_spec> migrate_commands();   // migrate

// --format table|json|csv.
option_spec format_option();

// The format asked for, `otherwise` without --format.
result<row_format> format_of(const arguments& args, row_format otherwise);

// Says what went wrong on env.err and returns the exit code that belongs to it.
int fail(const environment& env, const lars::error& failure);

// The exit code of a command that only does something.
inline int end_with(const environment& env, const result<void>& outcome) {
  return outcome ? exit_done : fail(env, outcome.error());
}

// The module that "[M C]" names; none where there are no arguments.
result<std::optional<route_key>> module_of(const arguments& args);

}  // namespace lars::cli
