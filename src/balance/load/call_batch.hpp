// What several calls to one host came to, as the counters of those who made them tell.
#pragma once

#include <cstdint>

namespace lars::balance {

struct call_batch {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::uint64_t trailing_failures = 0;  // the longest run of failures that any of the counters ends with

  std::uint64_t calls() const { return successes + failures; }
};

}  // namespace lars::balance
