// The two words health is spoken in: what a call came to, and what its host is thought of.
#pragma once

#include <cstdint>

namespace lars::balance {

enum class outcome : std::uint8_t {
  success,  // the caller reported code 0
  failure,  // any other code
};

enum class verdict : std::uint8_t {
  idle = 0,     // gets calls
  ejected = 1,  // shielded: gets a probe now and then
};

}  // namespace lars::balance
