// The fields of a host as people write them. Every error names its field, the text and the allowed values.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <string>
#include <string_view>

#include "base/field_error.hpp"
#include "base/number.hpp"

namespace lars::catalog {

// Parses a decimal integer within [least, most]. errc::invalid_argument is about `field`.
template <class Number>
result<Number> parse_bounded(std::string_view text, std::string_view field, Number least, Number most) {
  if (const auto value = base::parse_number<Number>(text, least, most)) return *value;
  return base::not_allowed(field, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
}

// The key of a module: any two signed 32-bit numbers.
result<route_key> parse_key(std::string_view modid, std::string_view cmdid);

result<endpoint> parse_host(std::string_view text);         // a.b.c.d:port
result<std::uint32_t> parse_ip(std::string_view text);      // a.b.c.d
result<std::uint32_t> parse_port(std::string_view text);    // 1 .. 65535
result<std::uint32_t> parse_weight(std::string_view text);  // 0 .. max_weight
result<std::string> parse_zone(std::string_view text);      // see flaw_of_zone()
result<host_state> parse_state(std::string_view text);      // up, drain or down

// Whether a host may have the value. errc::invalid_argument: the detail says what is wrong.
result<void> check_endpoint(endpoint where);
result<void> check_weight(std::uint32_t weight);
result<void> check_zone(std::string_view zone);
result<void> check_state(host_state state);

// What is wrong with a zone's name, for people; empty = nothing. At most zone_limit bytes of UTF-8 without control
// characters; an empty name is no zone.
inline constexpr std::size_t zone_limit = 64;
std::string flaw_of_zone(std::string_view zone);

std::string_view format_state(host_state state);

}  // namespace lars::catalog
