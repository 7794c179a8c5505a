// The storage as commands see it: they never create one.
#pragma once

#include <optional>

#include "cli/command.hpp"

namespace lars::cli {

// Says so on env.err and returns exit_bad_configuration when the configured SQLite file is not there; else nothing.
std::optional<int> refuse_absent_database(const environment& env);

}  // namespace lars::cli
