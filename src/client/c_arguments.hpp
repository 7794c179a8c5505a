// What the functions of the C interface do with arguments that may be anything.
#pragma once

#include <lars/lars.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>

namespace lars::client {

inline constexpr std::size_t largest_struct = 4096;  // no struct of any version will come near it

// Whether some version of a T could have this size. A compiler only makes whole multiples of the alignment.
template <class T>
bool sane(std::size_t size, std::size_t least) {
  return size >= least && size <= largest_struct && size % alignof(T) == 0;
}

// The options a program knew of when it was compiled; those it did not are 0, their default. Where they are all there
// it is `given` itself, else they are laid out in `room`. Null when the size is not sane.
template <class T>
const T* known_part(const T* given, T& room) {
  if (given != nullptr && !sane<T>(given->size, sizeof(given->size))) return nullptr;
  if (given != nullptr && given->size >= sizeof(T)) return given;
  room = {};
  if (given != nullptr) std::memcpy(&room, given, given->size);
  return &room;
}

// What is not allowed is told apart from an agent that is silent.
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
