// Counts what is taken from the heap: the test program's operator new is replaced by one that counts.
#pragma once

#include <cstddef>

namespace lars::test {

// Requests of the calling thread so far.
std::size_t heap_requests();

}  // namespace lars::test
