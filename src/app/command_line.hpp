// Parses the command line, without reading files or the environment.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/setting_sources.hpp"

namespace lars::app {

struct command_line {
  std::string command;            // "route", "demo", …; empty = run roles
  std::vector<std::string> rest;  // the remaining arguments, for the command, in order
  std::optional<std::string> role;
  std::optional<std::string> config;
  std::vector<std::string> sets;
  bool help = false;     // --help, for the program or the command
  bool version = false;  // --version

  // The setting sources of a process with these roles, including the environment of this process.
  setting_sources sources(std::vector<role_kind> roles) const;
};

// Extracts --config, --set and, without a command or with check-config, --role from anywhere before a lone "--". `args`
// does not contain the name of the program. errc::invalid_argument names the wrong flag.
result<command_line> parse_command_line(const std::vector<std::string>& args);

}  // namespace lars::app
