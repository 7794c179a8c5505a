// Numbers and lengths of time as people write them. The whole text has to be one.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace lars::base {

// Decimal. Refuses blanks, a plus sign and everything after the number.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

// Within [least, most]; refuses "nan".
template <class Number>
std::optional<Number> parse_number(std::string_view text, std::type_identity_t<Number> least,
                                   std::type_identity_t<Number> most) {
  const auto value = parse_number<Number>(text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

// A number with one of these units: ns, us, ms, s, m, h, d.
inline std::optional<std::chrono::duration<double, std::nano>> parse_duration(
    std::string_view text, std::initializer_list<std::string_view> units) {
  struct unit {
    std::string_view name;
    double ns;
  };
  constexpr std::array known{unit{"ns", 1},   unit{"us", 1e3},    unit{"ms", 1e6},    unit{"s", 1e9},
                             unit{"m", 60e9}, unit{"h", 3'600e9}, unit{"d", 86'400e9}};
  const auto at = text.find_first_not_of("0123456789.");
  if (at == std::string_view::npos) return std::nullopt;
  const auto count = parse_number<double>(text.substr(0, at));
  const auto name = text.substr(at);
  if (!count || std::find(units.begin(), units.end(), name) == units.end()) return std::nullopt;
  for (const auto& one : known)
    if (one.name == name) return std::chrono::duration<double, std::nano>(*count * one.ns);
  return std::nullopt;
}

// The shortest text that reads back as the same number.
inline std::string format_number(double value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

// In milliseconds below a second, else in seconds: "2.5ms", "10s".
inline std::string format_duration(std::chrono::nanoseconds length) {
  const double ms = std::chrono::duration<double, std::milli>(length).count();
  return ms < 1000 ? format_number(ms) + "ms" : format_number(ms / 1000) + "s";
}

}  // namespace lars::base
