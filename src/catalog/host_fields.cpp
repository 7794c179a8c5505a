#include "catalog/host_fields.hpp"

#include <array>
#include <limits>
#include <utility>

#include "base/endpoint.hpp"
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

result<endpoint> parse_host(std::string_view text) {
  if (const auto where = base::parse_endpoint(text)) return *where;
  return base::not_allowed("host", text, "an IPv4 address and port (a.b.c.d:1..65535)");
}

result<std::uint32_t> parse_ip(std::string_view text) {
  if (const auto ip = base::parse_ipv4(text)) return *ip;
  return base::not_allowed("ip", text, "an IPv4 address (a.b.c.d)");
}

result<std::uint32_t> parse_port(std::string_view text) { return parse_bounded<std::uint32_t>(text, "port", 1, 65535); }

result<std::uint32_t> parse_weight(std::string_view text) {
  return parse_bounded<std::uint32_t>(text, "weight", 0, max_weight);
}

result<std::string> parse_zone(std::string_view text) {
  if (!flaw_of_zone(text).empty()) return base::not_allowed("zone", text, "up to 64 bytes of UTF-8 text");
  return std::string(text);
}

result<void> check_endpoint(endpoint where) {
  if (const auto why = base::flaw_of_ipv4(where.ip); !why.empty())
    return {errc::invalid_argument, "ip " + base::format_ipv4(where.ip) + ' ' + std::string(why), "ip"};
  if (const auto why = base::flaw_of_port(where.port); !why.empty())
    return {errc::invalid_argument, "port " + std::to_string(where.port) + ' ' + std::string(why), "port"};
  return {};
}

result<void> check_weight(std::uint32_t weight) {
  if (weight <= max_weight) return {};
  return {errc::invalid_argument, "weight " + std::to_string(weight) + " is not 0 to " + std::to_string(max_weight),
          "weight"};
}

result<void> check_zone(std::string_view zone) {
  if (auto why = flaw_of_zone(zone); !why.empty()) return {errc::invalid_argument, std::move(why), "zone"};
  return {};
}

result<void> check_state(host_state state) {
  if (state <= host_state::down) return {};
  return {errc::invalid_argument, "state " + std::to_string(static_cast<unsigned>(state)) + " is not 0, 1 or 2",
          "state"};
}

std::string flaw_of_zone(std::string_view zone) {
  if (zone.size() > zone_limit) return "zone is longer than " + std::to_string(zone_limit) + " bytes";
  return base::is_printable_utf8(zone) ? std::string() : "zone must be printable UTF-8";
}

result<host_state> parse_state(std::string_view text) {
  for (const auto& [name, state] : states)
    if (name == text) return state;
  return base::not_allowed("state", text, "up, drain, down");
}

std::string_view format_state(host_state state) {
  for (const auto& [name, value] : states)
    if (value == state) return name;
  return "unknown";
}

}  // namespace lars::catalog
