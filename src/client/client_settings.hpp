// Where a client finds its agent: what its program says, else its environment, else the usual place.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <optional>
#include <string>

#include "client/caller.hpp"

namespace lars::client {

// What the program says; what it leaves out is decided elsewhere.
struct given_settings {
  std::optional<std::string> dir;  // empty text = no shared memory
  std::optional<std::string> udp;  // "a.b.c.d:port"
  std::optional<std::uint32_t> deadline_ms;
};

// What the decision needs to know of the process and its machine.
struct surroundings {
  std::function<const char*(const char*)> environment;  // a variable's value, nullptr where it is not set
  std::function<bool(const std::string&)> exists;       // whether there is such a file
  bool root = false;
};

inline constexpr std::uint32_t max_deadline_ms = 60000;

// Nothing where a deadline is out of its range, 1 .. max_deadline_ms.
std::optional<std::chrono::milliseconds> deadline_of(std::uint32_t ms);

// The configuration of a client. Precedence: given > LARS_CLIENT_DIR, LARS_CLIENT_UDP > defaults. LARS_CLIENT_DIR set
// to nothing means no shared memory, LARS_CLIENT_UDP set to nothing is not set. errc::invalid_argument names what is
// wrong.
result<caller_config> settle(const given_settings& given, const surroundings& around);

// Of this very process. The environment of a program that runs with another user's rights is not listened to.
surroundings own_surroundings();

}  // namespace lars::client
