// The configuration files already in the field, read as ours. A file with [reactor] or [dnsserver] is one of them, and
// each is for exactly one role: there [reactor] is the role's own address, in an agent's file [reporter] and
// [dnsserver] are remotes.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <vector>

#include "app/ini_file.hpp"
#include "app/role_list.hpp"

namespace lars::app {

bool is_old_file(const ini_content& content);

// The same settings under today's keys; `line` is the line they come from. `roles` may be empty (a command): then the
// file tells its role itself. errc::invalid_argument: another role's file, several roles, an unknown key, or a value
// that is not allowed; the detail names file and line.
result<std::vector<ini_entry>> translate_old_file(const ini_content& content, const std::vector<role_kind>& roles);

}  // namespace lars::app
