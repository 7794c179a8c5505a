#include "app/role_list.hpp"

#include <algorithm>

namespace lars::app {
namespace {

constexpr role_kind every_role[] = {role_kind::dns, role_kind::reporter, role_kind::agent};

error unknown_role(std::string_view name) {
  return {errc::invalid_argument, "unknown role '" + std::string(name) +
                                      "'; allowed: dns, reporter, agent, all, or a comma-separated list of roles"};
}

}  // namespace

const char* role_name(role_kind role) {
  switch (role) {
    case role_kind::dns:
      return "dns";
    case role_kind::reporter:
      return "reporter";
    case role_kind::agent:
      break;
  }
  return "agent";
}

bool contains(const std::vector<role_kind>& roles, role_kind role) {
  return std::ranges::find(roles, role) != roles.end();
}

result<std::vector<role_kind>> parse_roles(std::string_view text) {
  std::vector<role_kind> roles;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const std::size_t before = roles.size();
    for (const role_kind role : every_role)
      if (name == "all" || name == role_name(role)) roles.push_back(role);
    if (roles.size() == before) return unknown_role(name);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  // Sort by start order: dns and reporter start before the agent that connects to them.
  std::ranges::sort(roles);
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  return roles;
}

}  // namespace lars::app
