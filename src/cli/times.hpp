// Moments and spans that a person types. Pure: the present is an argument.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::cli {

// "now", "-90s", "-30m", "-2h", "-1d" (before now), Unix seconds, or "2026-11-24T10:00:00Z" (the Z and the seconds may
// be left out; it is UTC all the same). errc::invalid_argument, with `what` in the refusal.
result<std::int64_t> parse_time(std::string_view text, std::string_view what, std::int64_t now);

// A step of the history: 10, 60, 3600, also "10s", "1m", "1h".
result<std::uint32_t> parse_step(std::string_view text);

// The finest step that shows a span in no more than 120 rows, else the coarsest.
std::uint32_t fitting_step(std::int64_t seconds);

// "2026-11-24T10:00:00Z".
std::string format_time(std::int64_t unix_seconds);

}  // namespace lars::cli
