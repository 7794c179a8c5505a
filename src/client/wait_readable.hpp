// Waits until a socket can be read.
#pragma once

#include <poll.h>

#include <chrono>

#include "base/clock.hpp"

namespace lars::client {

// False where nothing arrived in time.
inline bool wait_readable(int fd, base::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::clock::now()).count();
  if (left <= 0) return false;
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(left)) > 0;
}

}  // namespace lars::client
