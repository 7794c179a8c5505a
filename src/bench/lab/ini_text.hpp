// INI text as sections and keys that remember their lines, for refusals that say where.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::bench::lab {

struct ini_entry {
  std::string key;
  std::string value;
  int line = 0;
};

// "[kind name]"; the name may be absent.
struct ini_section {
  std::string kind;
  std::string name;
  int line = 0;
  std::vector<ini_entry> entries;
};

// errc::invalid_argument with "FILE:LINE: ..." for a line that is none, a key before any section, and a section or a
// key that is there twice.
result<std::vector<ini_section>> parse_ini(std::string_view text, std::string_view file);

// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

// The parts of a list, trimmed; "a, b" has two, "" one that is empty.
std::vector<std::string> split_list(std::string_view text, char by = ',');

}  // namespace lars::bench::lab
