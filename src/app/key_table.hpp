// The table of all configuration keys. Validation, defaults and --help use it. docs/configuration.md and config/*.conf
// repeat it; a test compares them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lars::app {

enum class value_kind {
  ipv4,       // an address to bind
  integer,    // least .. most
  real,       // least .. most
  endpoints,  // comma-separated IPv4:port; empty = none
  duration,   // a whole number and a unit, s, m, h or d; least .. most in seconds
  choice,     // one of `choices`
  path,       // of a file or directory; empty = see `meaning`
  name,       // of a system object, such as a group; empty = none
  url,        // of a database
};

// Immutable; all text is static.
struct key_spec {
  std::string_view section;
  std::string_view name;
  value_kind kind = value_kind::integer;
  std::string_view unit;      // empty if the kind implies it
  std::string_view fallback;  // the default
  std::string_view meaning;   // one line
  std::string_view old_form;  // the key in files of the old form; empty = none
  double least = 0;
  double most = 0;
  std::string_view choices = {};  // "a|b|c"
  bool live = false;              // SIGHUP applies it; other keys need a restart
};

std::span<const key_spec> all_keys();

bool is_section(std::string_view section);

// nullptr if there is no such key.
const key_spec* find_key(std::string_view section, std::string_view name);

// The names of a section's keys, for messages: "ip, port, …".
std::string key_names(std::string_view section);
std::string section_names();

// "[section] name", the form in messages.
std::string shown_name(const key_spec& key);

// The environment variable that sets the key, LARS_SECTION_NAME.
std::string variable_name(const key_spec& key);

// The allowed values for messages: "whole number 10 .. 60000".
std::string allowed(const key_spec& key);

// The default for messages; "none" if it is empty.
std::string shown_default(const key_spec& key);

}  // namespace lars::app
