// Where a writer of tables allocates: memory that grows at its end. A freed block is reused for the same kind of object
// only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "balance/table/region.hpp"

namespace lars::balance {

// What a block holds, now and after every reuse: a reader that still has a freed block finds words of the kind that it
// expects, and checks whose they are.
enum class block_use : std::uint8_t { record, table, live, index };

struct arena_block {
  std::uint64_t position = 0;
  std::uint64_t bytes = 0;
};

// Lifetime: longer than all that is placed in it. Threads: whoever allocates and frees, one at a time; what is placed
// has its own rules.
class arena {
public:
  static constexpr std::uint64_t alignment = 64;

  virtual ~arena() = default;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  // The position of `bytes` zeroed bytes, aligned; 0 where there is no such room.
  virtual std::uint64_t allocate(std::uint64_t bytes) = 0;

  // Like allocate(), but prefers a freed block of this use and size, which holds what it held.
  std::uint64_t allocate_block(block_use use, std::uint64_t bytes);

  // Readers may still have it. REQUIRES: allocate_block() returned it for this use.
  void free_block(block_use use, const arena_block& block) noexcept;

  // The object placed there. REQUIRES: the position is one that allocate() gave, with room for `T`s as many as used.
  template <class T>
  T* at(std::uint64_t position) {
    return reinterpret_cast<T*>(base_ + position);
  }

  region view() const { return region(base_, *end_, UINT64_MAX); }

protected:
  arena() = default;
  // REQUIRES: before all else; both outlive the arena's use.
  void set_memory(std::byte* base, const std::atomic<std::uint64_t>& end) {
    base_ = base;
    end_ = &end;
  }

private:
  std::byte* base_ = nullptr;
  const std::atomic<std::uint64_t>* end_ = nullptr;
  std::map<std::pair<block_use, std::uint64_t>, std::vector<std::uint64_t>> free_;  // by use and size
};

}  // namespace lars::balance
