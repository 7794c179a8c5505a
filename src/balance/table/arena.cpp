#include "balance/table/arena.hpp"

#include <new>

namespace lars::balance {

std::uint64_t arena::allocate_block(block_use use, std::uint64_t bytes) {
  const auto found = free_.find({use, bytes});
  if (found == free_.end() || found->second.empty()) return allocate(bytes);
  const auto position = found->second.back();
  found->second.pop_back();
  return position;
}

// Out of memory, the block is leaked.
void arena::free_block(block_use use, const arena_block& block) noexcept {
  try {
    free_[{use, block.bytes}].push_back(block.position);
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace lars::balance
