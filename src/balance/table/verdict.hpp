// The outcome of a call, and the verdict on a host.
#pragma once

#include <cstdint>

namespace lars::balance {

enum class outcome : std::uint8_t {
  success,  // the caller reported code 0
  failure,  // any other code
};

enum class verdict : std::uint8_t {
  idle = 0,     // gets calls
  ejected = 1,  // gets a trial call now and then
};

}  // namespace lars::balance
