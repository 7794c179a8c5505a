// Counts what is taken from the heap: the test program's operator new is replaced by one that counts.
#pragma once

#include <cstddef>

namespace lars::test {

// Requests of the calling thread so far.
std::size_t heap_requests();

// While it lives, the calling thread is given nothing: std::bad_alloc.
class heap_outage {
public:
  heap_outage();
  ~heap_outage();
  heap_outage(const heap_outage&) = delete;
  heap_outage& operator=(const heap_outage&) = delete;
};

}  // namespace lars::test
