// The "key=value key='a value'" text that SOCI's MySQL backend takes, read and written by its own rules: values end at
// a blank unless quoted with ', and a backslash takes the next character as it is.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lars::storage {

using connect_options = std::vector<std::pair<std::string, std::string>>;

// errc::invalid_argument names the key that cannot be read, never its value: that may be a password.
result<connect_options> parse_connect_options(std::string_view text);

// The text that parse_connect_options() reads as this list.
std::string format_connect_options(const connect_options& options);

// The value of `key`, or nullptr.
const std::string* find_option(const connect_options& options, std::string_view key);

}  // namespace lars::storage
