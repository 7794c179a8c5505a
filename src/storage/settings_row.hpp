// What ModuleSettings holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <string>

namespace lars::storage {

// Longer texts are refused; readers take little more of one than it needs to be found too long.
inline constexpr std::size_t settings_limit = 64u << 10;

// One row of ModuleSettings.
struct settings_row {
  route_key key;
  std::string text;  // JSON, as somebody wrote it: see settings_text.hpp
  std::int64_t version = 0;
  bool operator==(const settings_row&) const = default;
};

}  // namespace lars::storage
