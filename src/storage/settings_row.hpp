// A row of ModuleSettings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <string>

namespace lars::storage {

// Longer texts are refused; readers fetch only one byte more, enough to see that a text is too long.
inline constexpr std::size_t settings_limit = 64u << 10;

// One row of ModuleSettings.
struct settings_row {
  route_key key;
  std::string text;  // JSON as stored, unchecked: see settings_text.hpp
  std::int64_t version = 0;
  bool operator==(const settings_row&) const = default;
};

}  // namespace lars::storage
