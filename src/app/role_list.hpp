// The roles of a process.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::app {

enum class role_kind {
  dns,       // sends routes to agents
  reporter,  // stores the call results of agents
  agent,     // answers the callers of its machine
};

const char* role_name(role_kind role);

// Parses "dns", "dns,agent" or "all". Returns each role once, in start order. errc::invalid_argument names the allowed
// roles.
result<std::vector<role_kind>> parse_roles(std::string_view text);

bool contains(const std::vector<role_kind>& roles, role_kind role);

}  // namespace lars::app
