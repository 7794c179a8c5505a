// A number in a load report.
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace lars::client {

// The finite number that `text` consists of; nothing where it is not one.
inline std::optional<double> orca_number(std::string_view text) {
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace lars::client
