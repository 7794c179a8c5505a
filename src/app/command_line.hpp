// What the command line says, before anything is looked up.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/setting_sources.hpp"

namespace lars::app {

struct command_line {
  std::string command;            // "route", "demo", …; empty = run roles
  std::vector<std::string> rest;  // of a command: what is left for it, in order
  std::optional<std::string> role;
  std::optional<std::string> config;
  std::vector<std::string> sets;
  bool help = false;     // --help, asked of the program or of the command
  bool version = false;  // --version

  // The sources of the settings of a process with these roles.
  setting_sources sources(std::vector<role_kind> roles) const;
};

// Takes --config, --set (and, where there is no command, or with check-config, --role) out of the arguments wherever
// they stand before a lone "--". `args` is without the program's name.
// errc::invalid_argument names what is wrong with the flags.
result<command_line> parse_command_line(const std::vector<std::string>& args);

}  // namespace lars::app
