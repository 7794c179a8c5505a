// Reads a scenario from text.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <string_view>

#include "lab/scenario.hpp"

namespace lars::lab {

// `name` appears in results, `file` in error messages. errc::invalid_argument with "FILE:LINE: [section] key ...", what
// is wrong and what is allowed.
result<scenario> read_scenario(std::string_view text, std::string_view name, std::string_view file);

// Parses a time like "12.5ms": a number and ns, us, ms or s, at most a day. nullopt for other text.
std::optional<instant> parse_time(std::string_view text);

}  // namespace lars::lab
