// INI text as sections and keys. Each knows its line, for error messages.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::lab {

struct ini_entry {
  std::string key;
  std::string value;
  int line = 0;
};

// "[kind name]"; the name may be missing.
struct ini_section {
  std::string kind;
  std::string name;
  int line = 0;
  std::vector<ini_entry> entries;
};

// errc::invalid_argument with "FILE:LINE: ..." for a malformed line, a key before any section, and a duplicate section
// or key.
result<std::vector<ini_section>> parse_ini(std::string_view text, std::string_view file);

}  // namespace lars::lab
