#include "http/host_check.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace lars::http {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without the port and the brackets of an IPv6 address, in lower case. Empty if it is not a host.
std::string name_of(std::string_view host) {
  const bool bracketed = host.starts_with('[');
  const auto end = bracketed ? host.find(']') : host.find(':');
  if (bracketed && end == std::string_view::npos) return "";
  const auto after = end == std::string_view::npos ? std::string_view() : host.substr(bracketed ? end + 1 : end);
  if (!after.empty() && (!after.starts_with(':') || !is_port(after.substr(1)))) return "";
  std::string name(bracketed ? host.substr(1, end - 1) : host.substr(0, end));
  if (bracketed && name.find(':') == std::string::npos) return "";
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

bool is_address(const std::string& name) {
  boost::system::error_code failure;
  boost::asio::ip::make_address(name, failure);
  return !failure;
}

}  // namespace

bool is_known_host(std::string_view host, const std::vector<std::string>& names) {
  const auto name = name_of(host);
  if (name.empty()) return false;
  return name == "localhost" || is_address(name) || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace lars::http
