// What time it is, as the agent tells its callers.
#pragma once

#include <cstdint>

namespace lars::share {

struct rounds {
  std::uint32_t tick = 0;   // in which changes are told of
  std::uint32_t epoch = 0;  // load sums so far
  // The round whose verdicts and sums are published; 0 = it does not say.
  std::uint32_t published = 0;
  std::uint64_t beat = 0;  // when that was, in ticks
};

}  // namespace lars::share
