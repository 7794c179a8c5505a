// Where a client finds its agent: as its program says, else its environment, else at the default place.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <optional>
#include <string>

#include "client/caller.hpp"

namespace lars::client {

// What the program says. The environment and the defaults decide the rest.
struct given_settings {
  std::optional<std::string> dir;  // empty text = no shared memory
  std::optional<std::string> udp;  // "a.b.c.d:port"
  std::optional<std::uint32_t> deadline_ms;
};

// What the decision needs of the process and its machine.
struct surroundings {
  std::function<const char*(const char*)> environment;  // a variable's value; nullptr where it is not set
  std::function<bool(const std::string&)> exists;       // whether the file exists
  bool root = false;
};

inline constexpr std::uint32_t max_deadline_ms = 60000;

// Nothing where a deadline is outside 1 .. max_deadline_ms.
std::optional<std::chrono::milliseconds> deadline_of(std::uint32_t ms);

// The configuration of a client. Precedence: given > LARS_CLIENT_DIR, LARS_CLIENT_UDP > defaults. An empty
// LARS_CLIENT_DIR means no shared memory, an empty LARS_CLIENT_UDP counts as not set. errc::invalid_argument names what
// is wrong.
result<caller_config> settle(const given_settings& given, const surroundings& around);

// Of this process. The environment of a program that runs with another user's rights (setuid) is ignored.
surroundings own_surroundings();

}  // namespace lars::client
