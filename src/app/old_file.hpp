// Translates configuration files of the original programs. A file with [reactor] or [dnsserver] has that old form and
// configures exactly one role. [reactor] is the address of the role itself; [reporter] and [dnsserver] in the file of
// an agent are its remotes.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <vector>

#include "app/ini_file.hpp"
#include "app/role_list.hpp"

namespace lars::app {

bool is_old_file(const ini_content& content);

// Returns the settings under the current keys, with their original lines. If `roles` is empty (a command), the role is
// derived from the file. errc::invalid_argument: the file of another role, several roles, an unknown key or an invalid
// value; the detail names file and line.
result<std::vector<ini_entry>> translate_old_file(const ini_content& content, const std::vector<role_kind>& roles);

}  // namespace lars::app
