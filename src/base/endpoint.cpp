#include "base/endpoint.hpp"

#include <charconv>

#include "base/text.hpp"

namespace lars::base {
namespace {

// Parses a decimal of at most `limit` and removes it from the front. Refuses a sign, an empty text and a leading zero.
bool take_number(std::string_view& text, std::uint32_t limit, std::uint32_t& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end == text.data() || value > limit) return false;
  if (text.front() == '0' && end - text.data() > 1) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_ipv4(std::string_view& text, std::uint32_t& ip) {
  ip = 0;
  for (int octet = 0; octet < 4; ++octet) {
    std::uint32_t value = 0;
    if (octet > 0 && !take_char(text, '.')) return false;
    if (!take_number(text, 255, value)) return false;
    ip = (ip << 8) | value;
  }
  return true;
}

}  // namespace

result<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t ip = 0;
  std::string_view rest = text;
  if (!take_ipv4(rest, ip) || !rest.empty())
    return {errc::invalid_argument, "'" + std::string(text) + "' is not an IPv4 address (a.b.c.d)"};
  return ip;
}

result<endpoint> parse_endpoint(std::string_view text) {
  endpoint where;
  std::string_view rest = text;
  if (!take_ipv4(rest, where.ip) || !take_char(rest, ':') || !take_number(rest, 65535, where.port) || !rest.empty() ||
      where.port == 0)
    return {errc::invalid_argument, "'" + std::string(text) + "' is not an IPv4 address and port (a.b.c.d:1..65535)"};
  return where;
}

result<std::vector<endpoint>> parse_endpoints(std::string_view text) {
  std::vector<endpoint> list;
  while (true) {
    const auto comma = text.find(',');
    auto one = parse_endpoint(trimmed(text.substr(0, comma)));
    if (!one) return one.error();
    list.push_back(*one);
    if (comma == std::string_view::npos) return list;
    text.remove_prefix(comma + 1);
  }
}

std::string_view flaw_of_ipv4(std::uint32_t ip) {
  if (ip == 0) return "is not a host address";
  if (ip == 0xFFFFFFFF) return "is the broadcast address";
  if (ip >> 28 == 0xE) return "is a multicast address";
  if (ip >> 28 == 0xF) return "is a reserved address";
  return {};
}

std::string_view flaw_of_port(std::uint32_t port) {
  return port >= 1 && port <= 65535 ? std::string_view() : "is not a port (1 to 65535)";
}

std::string format_ipv4(std::uint32_t ip) {
  return std::to_string(ip >> 24) + '.' + std::to_string((ip >> 16) & 255) + '.' + std::to_string((ip >> 8) & 255) +
         '.' + std::to_string(ip & 255);
}

std::string format_endpoint(endpoint where) { return format_ipv4(where.ip) + ':' + std::to_string(where.port); }

}  // namespace lars::base
