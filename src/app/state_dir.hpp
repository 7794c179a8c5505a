// Finds and creates the directories of the roles.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <string>

#include "app/setting_sources.hpp"

namespace lars::app {

// The absolute path of the state directory: `configured` ([state] dir), else the first of $STATE_DIRECTORY, else
// /var/lib/lars for root, else below $XDG_STATE_HOME or the home directory. Does not access the file system.
// errc::invalid_argument if none of these is set.
result<std::filesystem::path> find_state_dir(const std::string& configured, const variables& environment, bool is_root);

// The default of [agent] run_dir, as an absolute path: the first of $RUNTIME_DIRECTORY, else the state directory if it
// was configured, else /run/lars for root, else below $XDG_RUNTIME_DIR, else the state directory. Does not access the
// file system.
std::filesystem::path find_run_dir(const std::filesystem::path& state_dir, bool state_dir_is_chosen,
                                   const variables& environment, bool is_root);

// Creates the directory, for owner and group only, and its parents. errc::io_failed with path and reason if that fails
// or the directory is not writable.
result<void> make_state_dir(const std::filesystem::path& dir);

}  // namespace lars::app
