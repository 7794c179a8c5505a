// Checks arguments of the C interface, which may be anything.
#pragma once

#include <lars/lars.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>

namespace lars::client {

inline constexpr std::size_t largest_struct = 4096;  // bytes; larger than a struct of any version

// Whether some version of T could have this size: sizes are multiples of the alignment.
template <class T>
bool sane(std::size_t size, std::size_t least) {
  return size >= least && size <= largest_struct && size % alignof(T) == 0;
}

// The options of a program that may be older than this library: fields that it did not know are 0, their default.
// Returns `given` where it has every field, else a copy in `room`. Null where its size is impossible.
template <class T>
const T* known_part(const T* given, T& room) {
  if (given != nullptr && !sane<T>(given->size, sizeof(given->size))) return nullptr;
  if (given != nullptr && given->size >= sizeof(T)) return given;
  room = {};
  if (given != nullptr) std::memcpy(&room, given, given->size);
  return &room;
}

// Tells an invalid argument from an agent that does not answer.
inline int refused() {
  errno = EINVAL;
  return LARS_SYSTEM_ERROR;
}

template <class Work>
[[gnu::always_inline]] inline int guarded(const Work& work) {
  try {
    return work();
  } catch (const std::exception&) {  // no memory
    return LARS_SYSTEM_ERROR;
  }
}

}  // namespace lars::client
