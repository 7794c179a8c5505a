// What counts, told without starting anything.
#pragma once

#include <lars/error.hpp>
#include <string>

#include "app/setting_sources.hpp"

namespace lars::app {

// The configuration as a role would have it, in the form of a configuration file, with the origin of every value that
// is not the default in a comment; a database's password is left out. The errors are those of load_settings().
result<std::string> check_config(const setting_sources& sources);

}  // namespace lars::app
