// Where a writer of tables takes room from: memory that grows at its end and gives nothing back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "balance/region.hpp"

namespace lars::balance {

// Lifetime: longer than all that is placed in it. Threads: allocate() one at a time; what is placed has its own rules.
class arena {
public:
  static constexpr std::uint64_t alignment = 64;

  virtual ~arena() = default;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  // The position of `bytes` zeroed bytes, aligned; 0 where there is no such room.
  virtual std::uint64_t allocate(std::uint64_t bytes) = 0;

  // The object placed there. REQUIRES: the position is one that allocate() gave, with room for `T`s as many as used.
  template <class T>
  T* at(std::uint64_t position) {
    return reinterpret_cast<T*>(base_ + position);
  }

  region view() const { return region(base_, *end_, UINT64_MAX); }

protected:
  arena() = default;
  // REQUIRES: before all else; both outlive the arena's use.
  void place(std::byte* base, const std::atomic<std::uint64_t>& end) {
    base_ = base;
    end_ = &end;
  }

private:
  std::byte* base_ = nullptr;
  const std::atomic<std::uint64_t>* end_ = nullptr;
};

}  // namespace lars::balance
