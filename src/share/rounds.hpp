// The agent's clocks as its callers read them (docs/glossary.md).
#pragma once

#include <cstdint>

namespace lars::share {

struct rounds {
  std::uint32_t tick = 0;   // callers announce a changed slot once a tick
  std::uint32_t epoch = 0;  // counts the refreshes of load sums
  // The round whose verdicts and load sums are published; 0 = the agent does not count rounds.
  std::uint32_t published = 0;
  std::uint64_t beat = 0;  // when that round ended, in ticks of the time stamp counter
};

}  // namespace lars::share
