// The one table between the codes an agent answers with and what a caller is told.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <utility>

#include "wire/messages.hpp"

namespace lars::client {

inline constexpr std::pair<wire::retcode, errc> retcode_table[] = {
    {wire::retcode::overload, errc::overloaded},
    {wire::retcode::system_error, errc::system_error},
    {wire::retcode::no_such_module, errc::no_such_module},
};

// What a code other than success means. A code that nobody defined is a system error.
constexpr errc errc_of(std::int32_t code) {
  for (const auto& [wire_code, meaning] : retcode_table)
    if (static_cast<std::int32_t>(wire_code) == code) return meaning;
  return errc::system_error;
}

// The code that says `failure` to callers of old: whatever is not in the table, a silent agent or none at all, is a
// system error.
constexpr std::int32_t retcode_of(errc failure) {
  for (const auto& [wire_code, meaning] : retcode_table)
    if (meaning == failure) return static_cast<std::int32_t>(wire_code);
  return static_cast<std::int32_t>(wire::retcode::system_error);
}

}  // namespace lars::client
