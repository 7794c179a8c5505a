// Checks for commands that the database exists, because commands do not create one.
#pragma once

#include <optional>

#include "cli/command.hpp"

namespace lars::cli {

// If the configured SQLite file does not exist: prints an error to env.err and returns exit_bad_configuration.
std::optional<int> refuse_absent_database(const environment& env);

}  // namespace lars::cli
