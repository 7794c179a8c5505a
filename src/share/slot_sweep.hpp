// Visits the slots of all blocks of counters in turn, some at a time, and finds what no dirty entry told of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "share/caller_segments.hpp"

namespace lars::share {

// Threads: owner context only.
class slot_sweep {
public:
  static constexpr std::uint64_t most_to_catch_up = 1u << 15;  // slots that one catch_up() visits

  // Calls each(const counter_block&, slot number) for the next `slots` slots, from the first again after the last one.
  // A block without slots counts as one.
  template <class Each>
  void visit(std::span<const counter_block> blocks, std::size_t slots, Each&& each) {
    for (; slots > 0 && !blocks.empty(); --slots) {
      if (block_ >= blocks.size()) block_ = 0;
      const auto& block = blocks[block_];
      if (slot_ < block.slots) each(block, slot_);
      if (++slot_ < block.slots) continue;
      slot_ = 0;
      ++block_;
    }
  }

  // Dirty entries were lost: any slot may have changed.
  void lose_entries() { lost_ = true; }

  // If entries were lost, visits a bounded number of slots. As many calls as it takes visit all `slots` slots.
  template <class Each>
  void catch_up(std::span<const counter_block> blocks, std::uint64_t slots, Each&& each) {
    if (std::exchange(lost_, false)) left_ = slots;
    const auto now = std::min(left_, most_to_catch_up);
    left_ -= now;
    visit(blocks, now, each);
  }

private:
  std::size_t block_ = 0;  // the next to visit
  std::uint32_t slot_ = 0;
  bool lost_ = false;
  std::uint64_t left_ = 0;  // slots to visit since entries were lost
};

}  // namespace lars::share
