// Reads an INI file into entries with line numbers. UTF-8, with or without a byte order mark. Comment lines start with
// ; or #.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::app {

struct ini_entry {
  std::string section;
  std::string name;
  std::string value;  // may be empty
  int line = 0;
};

struct ini_section {
  std::string name;
  int line = 0;
};

struct ini_content {
  std::string file;                   // name for messages
  std::vector<ini_section> sections;  // in order, including empty ones
  std::vector<ini_entry> entries;     // in order

  bool has_section(std::string_view name) const;
  const ini_entry* find(std::string_view section, std::string_view name) const;

  // "file:line"
  std::string at(int line) const { return file + ":" + std::to_string(line); }
};

// errc::invalid_argument: a line that is not a comment, a section or key = value; a duplicate section or key; a key
// before the first section. The detail starts with "file:line".
result<ini_content> parse_ini(const std::string& bytes, std::string file);

// Also errc::io_failed with name and reason if the file cannot be read.
result<ini_content> read_ini(const std::filesystem::path& file);

}  // namespace lars::app
