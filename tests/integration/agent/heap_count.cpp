#include "heap_count.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t requests = 0;

}  // namespace

std::size_t lars::test::heap_requests() { return requests; }

void* operator new(std::size_t size) {
  ++requests;
  if (void* const memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++requests;
  return std::malloc(size ? size : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
