// Which roles a process takes on.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::app {

enum class role_kind {
  dns,       // answers agents from the route table
  reporter,  // takes from agents how calls went
  agent,     // answers the callers of its machine
};

const char* role_name(role_kind role);

// "dns", "dns,agent", "all" (every role there is): each once, in the order they start. errc::invalid_argument names
// what is allowed.
result<std::vector<role_kind>> parse_roles(std::string_view text);

bool contains(const std::vector<role_kind>& roles, role_kind role);

}  // namespace lars::app
