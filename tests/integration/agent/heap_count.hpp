// Counts heap allocations: replaces the test program's operator new.
#pragma once

#include <cstddef>

namespace lars::test {

// Allocations of the calling thread so far.
std::size_t heap_requests();

// While it lives, allocations of the calling thread throw std::bad_alloc.
class heap_outage {
public:
  heap_outage();
  ~heap_outage();
  heap_outage(const heap_outage&) = delete;
  heap_outage& operator=(const heap_outage&) = delete;
};

}  // namespace lars::test
