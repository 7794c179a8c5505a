// The live values of one module's hosts, as their writer keeps them: one slot a host, updated in place.
#pragma once

#include <cstdint>
#include <vector>

#include "balance/table/arena.hpp"
#include "balance/table/live_value.hpp"
#include "balance/table/module_format.hpp"

namespace lars::balance {

// Slots in a row, twice as many when they run out; those left behind stay as long as the module, since a reader may
// still be in them.
// Lifetime: its module's. Threads: one at a time (the module's lock); readers go through a table_view.
class live_array {
public:
  static constexpr std::uint32_t first_slots = 4;

  explicit live_array(arena& memory) : memory_(&memory) {}

  // Makes room for that many slots; readers see the new ones with the next table that names position() and slots().
  // False where there is none: nothing has changed.
  bool reserve(std::uint32_t slots);

  std::uint64_t position() const { return position_; }
  std::uint32_t slots() const { return slots_; }

  // Frees all blocks. The array has no slots any more.
  void free_memory();

  // The first `slots` of another array, all of their words. REQUIRES: reserve() made room for them.
  void copy(const live_array& from, std::uint32_t slots);

  // REQUIRES: reserve() made room for the slot.
  void store(std::uint32_t slot, const live_value& value);
  live_value load(std::uint32_t slot) const;
  live_slot& raw(std::uint32_t slot) const { return memory_->at<live_slot>(position_)[slot]; }

private:
  arena* memory_;
  std::uint64_t position_ = 0;
  std::uint32_t slots_ = 0;
  std::vector<arena_block> blocks_;  // outgrown ones and the one in use
};

}  // namespace lars::balance
