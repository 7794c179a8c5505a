// What one picker remembers between two picks from one module.
#pragma once

#include <cstdint>

namespace lars::balance {

// Lifetime: its picker's. Threads: owner context only.
struct lane {
  bool started = false;            // the cursors were given their random start
  std::uint32_t cursor = 0;        // where the search for the next idle host begins, modulo the number of hosts
  std::uint32_t probe_cursor = 0;  // the same for overloaded hosts
  std::uint32_t picks = 0;         // picks since the last probe while a host is overloaded
};

}  // namespace lars::balance
