#include "heap_count.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t requests = 0;
thread_local bool out = false;

void* take(std::size_t size) {
  ++requests;
  return out ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* take(std::size_t size, std::align_val_t alignment) {
  ++requests;
  const auto unit = static_cast<std::size_t>(alignment);
  return out ? nullptr : std::aligned_alloc(unit, (std::max<std::size_t>(size, 1) + unit - 1) / unit * unit);
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

std::size_t lars::test::heap_requests() { return requests; }

lars::test::heap_outage::heap_outage() { out = true; }
lars::test::heap_outage::~heap_outage() { out = false; }

void* operator new(std::size_t size) { return or_throw(take(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) { return or_throw(take(size, alignment)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
