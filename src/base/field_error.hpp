// Errors about one field of what was to be written: the detail and the error's `field` give it the same name.
// A setting's is its group and its name, as in "parameter.tau"; a host's are the columns of a route file.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::base {

// errc::invalid_argument: "FIELD is 'TEXT', allowed: ALLOWED".
inline error not_allowed(std::string_view field, std::string_view text, std::string_view allowed) {
  const std::string name(field);
  return {errc::invalid_argument, name + " is '" + std::string(text) + "', allowed: " + std::string(allowed), name};
}

// errc::invalid_argument: "FIELD is unknown; there are: NAMES".
inline error unknown_field(std::string_view field, std::string_view there_are) {
  const std::string name(field);
  return {errc::invalid_argument, name + " is unknown; there are: " + std::string(there_are), name};
}

}  // namespace lars::base
