#include "http/header_check.hpp"

#include <algorithm>

namespace lars::http {
namespace {

bool is_control(char c) { return c == '\r' || c == '\n' || c == '\0'; }

bool is_field(std::string_view line) {
  const auto colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 && line.find_first_of(" \t") > colon;
}

}  // namespace

bool is_unambiguous_header(std::string_view header) {
  for (bool first = true; !header.empty(); first = false) {
    const auto end = header.find("\r\n");
    const auto line = header.substr(0, end);
    if (std::any_of(line.begin(), line.end(), is_control)) return false;
    if (!first && !is_field(line)) return false;
    if (end == std::string_view::npos) return false;
    header.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace lars::http
