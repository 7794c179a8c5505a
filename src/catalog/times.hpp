// Parses and formats times. Pure: the current time is an argument.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::catalog {

// "now", "-90s", "-30m", "-2h", "-1d" (before now), Unix seconds, or "2026-11-24T10:00:00Z" (the Z and the seconds are
// optional; always UTC). errc::invalid_argument is about `field`.
result<std::int64_t> parse_time(std::string_view text, std::string_view field, std::int64_t now);

// A step of the history: 10, 60, 3600, or "10s", "1m", "1h".
result<std::uint32_t> parse_step(std::string_view text);

// The finest step that needs at most 120 rows for the period, else the coarsest.
std::uint32_t fitting_step(std::int64_t seconds);

// "2026-11-24T10:00:00Z".
std::string format_time(std::int64_t unix_seconds);

}  // namespace lars::catalog
