// The table between the codes of an agent's answers and errc.
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

// What a code other than success means. An undefined code is a system error.
constexpr errc errc_of(std::int32_t code) {
  for (const auto& [wire_code, meaning] : retcode_table)
    if (static_cast<std::int32_t>(wire_code) == code) return meaning;
  return errc::system_error;
}

// The code of `failure` for callers of lars_api.h. An errc outside the table, and an agent that does not answer, are
// system errors.
constexpr std::int32_t retcode_of(errc failure) {
  for (const auto& [wire_code, meaning] : retcode_table)
    if (meaning == failure) return static_cast<std::int32_t>(wire_code);
  return static_cast<std::int32_t>(wire::retcode::system_error);
}

}  // namespace lars::client
