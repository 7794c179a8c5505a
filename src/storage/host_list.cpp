#include "storage/host_list.hpp"

#include <algorithm>

#include "base/number.hpp"

namespace lars::storage {
namespace {

bool is_port(std::string_view text) { return base::parse_number<unsigned>(text, 1, 65535).has_value(); }

result<database_host> parse_host(std::string_view text) {
  const error bad{errc::invalid_argument, "'" + std::string(text) + "' is not HOST or HOST:PORT"};
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad;
    host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return bad;
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty() || (has_port && !is_port(port))) return bad;
  return database_host{std::string(host), std::string(port)};
}

}  // namespace

result<std::vector<database_host>> parse_host_list(std::string_view text) {
  std::vector<database_host> hosts;
  while (true) {
    const auto comma = text.find(',');
    auto host = parse_host(text.substr(0, comma));
    if (!host) return host.error();
    hosts.push_back(*std::move(host));
    if (comma == std::string_view::npos) return hosts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace lars::storage
