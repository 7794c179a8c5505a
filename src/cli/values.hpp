// Parses values from the command line or a file. Every error names the text and the allowed values.
#pragma once

#include <charconv>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <string>
#include <string_view>

namespace lars::cli {

// Parses a decimal integer within [least, most]. errc::invalid_argument names it as `what`.
template <class Number>
result<Number> parse_number(std::string_view text, std::string_view what, Number least, Number most) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure == std::errc() && stop == end && !text.empty() && value >= least && value <= most) return value;
  return {errc::invalid_argument, std::string(what) + " is '" + std::string(text) + "', allowed: a number from " +
                                      std::to_string(least) + " to " + std::to_string(most)};
}

// The key of a module: any two signed 32-bit numbers.
result<route_key> parse_key(std::string_view modid, std::string_view cmdid);

result<std::uint32_t> parse_port(std::string_view text);    // 1 .. 65535
result<std::uint32_t> parse_weight(std::string_view text);  // 0 .. max_weight
result<std::string> parse_zone(std::string_view text);      // at most 64 bytes of UTF-8 without control characters
result<host_state> parse_state(std::string_view text);      // up, drain or down

std::string_view format_state(host_state state);

}  // namespace lars::cli
