#include "cli/values.hpp"

#include <array>
#include <limits>
#include <utility>

namespace lars::cli {
namespace {

constexpr std::size_t zone_limit = 64;

constexpr std::array<std::pair<std::string_view, host_state>, 3> states{{
    {"up", host_state::up},
    {"drain", host_state::drain},
    {"down", host_state::down},
}};

// Takes one code point off the front: shortest form, no surrogates, at most U+10FFFF. False when there is none.
bool take_code_point(std::string_view& text, char32_t& point) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (length == 0 || text.size() < length) return false;
  point = length == 1 ? lead : lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (next >> 6 != 2) return false;
    point = (point << 6) | (next & 0x3Fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  text.remove_prefix(length);
  return point >= least[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
}

bool is_printable_utf8(std::string_view text) {
  char32_t point = 0;
  while (!text.empty())
    if (!take_code_point(text, point) || point < 0x20 || point == 0x7F) return false;
  return true;
}

}  // namespace

result<route_key> parse_key(std::string_view modid, std::string_view cmdid) {
  using limits = std::numeric_limits<std::int32_t>;
  const auto mod = parse_number<std::int32_t>(modid, "modid", limits::min(), limits::max());
  if (!mod) return mod.error();
  const auto cmd = parse_number<std::int32_t>(cmdid, "cmdid", limits::min(), limits::max());
  if (!cmd) return cmd.error();
  return route_key{*mod, *cmd};
}

result<std::uint32_t> parse_port(std::string_view text) { return parse_number<std::uint32_t>(text, "port", 1, 65535); }

result<std::uint32_t> parse_weight(std::string_view text) {
  return parse_number<std::uint32_t>(text, "weight", 0, max_weight);
}

result<std::string> parse_zone(std::string_view text) {
  if (text.size() > zone_limit || !is_printable_utf8(text))
    return {errc::invalid_argument, "zone is '" + std::string(text) + "', allowed are up to 64 bytes of UTF-8 text"};
  return std::string(text);
}

result<host_state> parse_state(std::string_view text) {
  for (const auto& [name, state] : states)
    if (name == text) return state;
  return {errc::invalid_argument, "state is '" + std::string(text) + "', allowed are up, drain and down"};
}

std::string_view format_state(host_state state) {
  for (const auto& [name, value] : states)
    if (value == state) return name;
  return "unknown";
}

}  // namespace lars::cli
