// Reads the values of the key table out of text.
#pragma once

#include <charconv>
#include <chrono>
#include <lars/error.hpp>
#include <string>
#include <string_view>

#include "app/key_table.hpp"

namespace lars::app {

// errc::invalid_argument when `text` is no value of `key`, or free text in quotes or with a comment behind it; the
// detail names the key, the value (none of a URL, which may hold a password) and what is allowed.
result<void> check_value(const key_spec& key, std::string_view text);

// A whole number or a decimal that takes up all of `text`. errc::invalid_argument otherwise.
template <class T>
result<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return errc::invalid_argument;
  return value;
}

// "90s", "2h", "400d". errc::invalid_argument otherwise.
result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace lars::app
