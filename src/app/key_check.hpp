// Parses and checks values of the key table.
#pragma once

#include <chrono>
#include <lars/error.hpp>
#include <string>
#include <string_view>

#include "app/key_table.hpp"

namespace lars::app {

// errc::invalid_argument if `text` is not a value of `key`, or is free text in quotes or followed by a comment. The
// detail names the key, the value (not of a URL, which may contain a password) and the allowed values.
result<void> check_value(const key_spec& key, std::string_view text);

// "90s", "2h", "400d". errc::invalid_argument otherwise.
result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace lars::app
