// Memory in which things are found by position, not by address: the same bytes serve the process that writes them and
// every process that maps them. Whatever a position says, nothing outside is touched.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lars::balance {

// A view. Lifetime: at most the memory's. Threads: any. Positions count bytes from the beginning; 0 means nowhere.
class region {
public:
  static constexpr std::uint64_t most_stride = 4096;

  region() = default;
  // `end` says how many bytes there are, `limit` at most; it only grows.
  region(const std::byte* base, const std::atomic<std::uint64_t>& end, std::uint64_t limit)
      : base_(base), end_(&end), limit_(limit) {}

  // `count` objects in a row at this position; null where that is nowhere, not aligned, or not wholly inside.
  template <class T>
  const T* find(std::uint64_t at, std::uint64_t count = 1) const {
    if (end_ == nullptr) return nullptr;
    const auto end = std::min(end_->load(std::memory_order_acquire), limit_);
    if (at == 0 || at > end || at % alignof(T) != 0 || count > (end - at) / sizeof(T)) return nullptr;
    return reinterpret_cast<const T*>(base_ + at);
  }

  // Likewise, of objects that lie `stride` bytes apart: each may be longer than this reader knows. Null too where the
  // stride is less than an object, or absurd.
  template <class T>
  const T* find(std::uint64_t at, std::uint64_t count, std::uint64_t stride) const {
    if (stride < sizeof(T) || stride % alignof(T) != 0 || stride > most_stride || count > UINT64_MAX / stride)
      return nullptr;
    return find<std::byte>(at, count * stride) == nullptr ? nullptr : find<T>(at, 0);
  }

private:
  const std::byte* base_ = nullptr;
  const std::atomic<std::uint64_t>* end_ = nullptr;
  std::uint64_t limit_ = 0;
};

// The object at this index of a row whose objects lie `stride` bytes apart.
template <class T>
const T* element(const T* first, std::uint64_t index, std::uint64_t stride) {
  return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(first) + index * stride);
}

}  // namespace lars::balance
