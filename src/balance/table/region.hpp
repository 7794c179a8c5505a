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

private:
  const std::byte* base_ = nullptr;
  const std::atomic<std::uint64_t>* end_ = nullptr;
  std::uint64_t limit_ = 0;
};

}  // namespace lars::balance
