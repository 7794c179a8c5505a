// The outcomes of several calls to one host, as counted by their callers.
#pragma once

#include <cstdint>

namespace lars::balance {

struct call_batch {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::uint64_t trailing_failures = 0;  // the longest run of failures at the end of any counter

  std::uint64_t calls() const { return successes + failures; }
};

}  // namespace lars::balance
