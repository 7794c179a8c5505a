// What the functions of the C interface do with arguments that may be anything.
#pragma once

#include <lars/lars.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <optional>

namespace lars::client {

inline constexpr std::size_t largest_struct = 4096;  // no struct of any version will come near it

// Whether some version of a T could have this size. A compiler only makes whole multiples of the alignment.
template <class T>
bool sane(std::size_t size, std::size_t least) {
  return size >= least && size <= largest_struct && size % alignof(T) == 0;
}

// The options a program knew of when it was compiled; those it did not are 0, their default. Nothing when the size is
// not sane.
template <class T>
std::optional<T> known_part(const T* given) {
  T known{};
  if (given == nullptr) return known;
  if (!sane<T>(given->size, sizeof(given->size))) return std::nullopt;
  std::memcpy(&known, given, std::min(given->size, sizeof known));
  return known;
}

// What is not allowed is told apart from an agent that is silent.
inline int refused() {
  errno = EINVAL;
  return LARS_SYSTEM_ERROR;
}

template <class Work>
int guarded(Work work) {
  try {
    return work();
  } catch (const std::exception&) {  // no memory
    return LARS_SYSTEM_ERROR;
  }
}

}  // namespace lars::client
