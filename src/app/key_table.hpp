// Every key of the configuration, in one place: validation, defaults, --help, docs/configuration.md and config/*.conf
// all follow this table (a test compares the latter two with it).
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
  endpoints,  // IPv4:port, several parted by commas; empty = none
  duration,   // a whole number and a unit, s, m, h or d; least .. most in seconds
  choice,     // one of `choices`
  path,       // of a file or directory; empty where `fallback` is
  name,       // of something the system knows; empty = none
  url,        // of a database
};

// Immutable; all text is static.
struct key_spec {
  std::string_view section;
  std::string_view name;
  value_kind kind = value_kind::integer;
  std::string_view unit;      // empty where the kind says it all
  std::string_view fallback;  // the value when nobody sets one
  std::string_view meaning;   // one line
  std::string_view old_form;  // how the files already in the field say it, empty = they do not
  double least = 0;
  double most = 0;
  std::string_view choices = {};  // "a|b|c"
  bool live = false;              // SIGHUP brings it into effect; others wait for the next start
};

std::span<const key_spec> all_keys();

bool is_section(std::string_view section);

// nullptr when there is none.
const key_spec* find_key(std::string_view section, std::string_view name);

// The names of a section's keys, for messages: "ip, port, …".
std::string key_names(std::string_view section);
std::string section_names();

// "[section] name", the way messages call a key.
std::string shown_name(const key_spec& key);

// The environment variable that sets the key, LARS_SECTION_NAME.
std::string variable_name(const key_spec& key);

// What may stand there, in words: "whole number 10 .. 60000".
std::string allowed(const key_spec& key);

// The default in words: "none" where there is none.
std::string shown_default(const key_spec& key);

}  // namespace lars::app
