// Where roles keep their files.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <string>

#include "app/setting_sources.hpp"

namespace lars::app {

// The absolute path of the state directory: `configured` ([state] dir), else the first of $STATE_DIRECTORY, else
// /var/lib/lars for root, else below $XDG_STATE_HOME or the home directory. Nothing is created or looked at.
// errc::invalid_argument when none of these is known.
result<std::filesystem::path> find_state_dir(const std::string& configured, const variables& environment, bool is_root);

// The absolute path of the directory where an agent and its callers meet, where none is configured: the first of
// $RUNTIME_DIRECTORY, else the state directory if that was chosen, else /run/lars for root, else below
// $XDG_RUNTIME_DIR, else the state directory. Nothing is created or looked at.
std::filesystem::path find_run_dir(const std::filesystem::path& state_dir, bool state_dir_is_chosen,
                                   const variables& environment, bool is_root);

// Makes the directory where there is none, for its owner and group alone, with those above it. errc::io_failed with the
// path and the reason when that is not possible or when files cannot be made in it.
result<void> make_state_dir(const std::filesystem::path& dir);

}  // namespace lars::app
