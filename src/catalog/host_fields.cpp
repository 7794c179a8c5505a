#include "catalog/host_fields.hpp"

#include <array>
#include <limits>
#include <utility>

#include "base/utf8.hpp"

namespace lars::catalog {
namespace {

constexpr std::array<std::pair<std::string_view, host_state>, 3> states{{
    {"up", host_state::up},
    {"drain", host_state::drain},
    {"down", host_state::down},
}};

}  // namespace

result<route_key> parse_key(std::string_view modid, std::string_view cmdid) {
  using limits = std::numeric_limits<std::int32_t>;
  const auto mod = parse_bounded<std::int32_t>(modid, "modid", limits::min(), limits::max());
  if (!mod) return mod.error();
  const auto cmd = parse_bounded<std::int32_t>(cmdid, "cmdid", limits::min(), limits::max());
  if (!cmd) return cmd.error();
  return route_key{*mod, *cmd};
}

result<std::uint32_t> parse_port(std::string_view text) { return parse_bounded<std::uint32_t>(text, "port", 1, 65535); }

result<std::uint32_t> parse_weight(std::string_view text) {
  return parse_bounded<std::uint32_t>(text, "weight", 0, max_weight);
}

result<std::string> parse_zone(std::string_view text) {
  if (!flaw_of_zone(text).empty())
    return {errc::invalid_argument, "zone is '" + std::string(text) + "', allowed: up to 64 bytes of UTF-8 text"};
  return std::string(text);
}

std::string flaw_of_zone(std::string_view zone) {
  if (zone.size() > zone_limit) return "zone is longer than " + std::to_string(zone_limit) + " bytes";
  return base::is_printable_utf8(zone) ? std::string() : "zone must be printable UTF-8";
}

result<host_state> parse_state(std::string_view text) {
  for (const auto& [name, state] : states)
    if (name == text) return state;
  return {errc::invalid_argument, "state is '" + std::string(text) + "', allowed: up, drain, down"};
}

std::string_view format_state(host_state state) {
  for (const auto& [name, value] : states)
    if (value == state) return name;
  return "unknown";
}

}  // namespace lars::catalog
