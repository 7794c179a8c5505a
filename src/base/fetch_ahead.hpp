// Prefetches memory, so that cache misses in several places overlap instead of adding up. A prefetch is a hint and not
// an access: any address is allowed.
#pragma once

#include <cstddef>

namespace lars::base {

inline constexpr std::size_t cache_line = 64;

// Inline assembly, because GCC 12 drops calls of a function that does nothing but __builtin_prefetch.
inline void fetch_line_ahead(const void* at) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 (%0)" : : "r"(at));
#else
  __builtin_prefetch(at);
#endif
}

inline void fetch_ahead(const void* from, std::size_t bytes) {
  const auto* const first = static_cast<const char*>(from);
  for (std::size_t at = 0; at < bytes; at += cache_line) fetch_line_ahead(first + at);
  // The object may begin in the middle of a line and so reach into one line more.
  if (bytes > 0) fetch_line_ahead(first + (bytes - 1));
}

// The offset of a member in its object.
inline std::size_t bytes_to(const void* whole, const void* part) {
  return static_cast<std::size_t>(static_cast<const char*>(part) - static_cast<const char*>(whole));
}

template <class T>
void fetch_ahead(const T* one) {
  fetch_ahead(one, sizeof(T));
}

}  // namespace lars::base
