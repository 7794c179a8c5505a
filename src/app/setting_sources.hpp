// Combines the sources of settings. Precedence: --set, environment, file, default.
#pragma once

#include <lars/error.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/role_list.hpp"
#include "app/setting_table.hpp"

namespace lars::app {

using variables = std::map<std::string, std::string>;

// The process's environment.
variables process_environment();

struct setting_sources {
  std::vector<std::string> presets;  // "section.key=value": defaults of a command, weaker than the file
  std::optional<std::string> file;   // --config
  variables environment;
  std::vector<std::string> sets;  // the argument of each --set, in the same form; the last one wins
  std::vector<role_kind> roles;   // empty for a command
};

// Checks every value of every source, even if another source overrides it. The detail of an error is one line with the
// origin (file and line, variable or --set), the key and the allowed values.
result<setting_table> gather(const setting_sources& sources);

}  // namespace lars::app
