// Puts the settings together: --set beats the environment, which beats the file, which beats the default.
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
  std::vector<std::string> presets;  // "section.key=value": a command's own defaults, weaker than the file
  std::optional<std::string> file;   // --config
  variables environment;
  std::vector<std::string> sets;  // the text of each --set, in the same form; the last wins
  std::vector<role_kind> roles;   // empty for a command
};

// Every source is checked wholly, even where another overrides it. The detail of an error is one line that names the
// file and line, variable or --set, the key and what is allowed.
result<setting_table> gather(const setting_sources& sources);

}  // namespace lars::app
