// `lars check-config`: the settings in effect, without starting anything.
#pragma once

#include <lars/error.hpp>
#include <string>

#include "app/setting_sources.hpp"

namespace lars::app {

// Returns the settings in effect as a configuration file. A comment names the origin of every value that is not the
// default. The password of a database is left out. The errors are those of load_settings().
result<std::string> check_config(const setting_sources& sources);

}  // namespace lars::app
