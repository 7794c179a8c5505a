// What ended calls to one host showed: one call, or several that were counted together.
#pragma once

#include <cstdint>

namespace lars::balance {

struct observation {
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;        // of those
  std::uint64_t latency_us_sum = 0;  // of all of them; 0 = not measured
  std::uint64_t peak_us = 0;         // the longest
};

}  // namespace lars::balance
