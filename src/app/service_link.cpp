#include "app/service_link.hpp"

#include <algorithm>

namespace lars::app {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_address(std::string_view value) {
  for (const std::string_view protocol : {"tcp://", "udp://", "sctp://"}) {
    if (!value.starts_with(protocol)) continue;
    const auto colon = value.rfind(':');
    return colon > protocol.size() && is_number(value.substr(colon + 1));
  }
  return false;
}

// "7778_TCP", "7778_TCP_ADDR", ...
bool is_numbered_port(std::string_view text) {
  const auto mark = text.find('_');
  if (mark == std::string_view::npos || !is_number(text.substr(0, mark))) return false;
  const auto rest = text.substr(mark + 1);
  for (const std::string_view protocol : {"TCP", "UDP", "SCTP"}) {
    if (!rest.starts_with(protocol)) continue;
    const auto what = rest.substr(protocol.size());
    return what.empty() || what == "_PROTO" || what == "_PORT" || what == "_ADDR";
  }
  return false;
}

}  // namespace

bool is_service_link(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT")) return true;
  if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
  if (name.ends_with("_PORT") && is_address(value)) return true;
  constexpr std::string_view port = "_PORT_";
  // The name of the service may contain "_PORT_" too, so try every position.
  for (auto at = name.find(port); at != std::string_view::npos; at = name.find(port, at + 1))
    if (is_numbered_port(name.substr(at + port.size()))) return true;
  return false;
}

}  // namespace lars::app
