// The writer's side of a module's table: two buffers, of which it fills the one that nobody is sent to.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "balance/table/arena.hpp"
#include "balance/table/live_array.hpp"
#include "balance/table/member.hpp"
#include "balance/table/module_format.hpp"

namespace lars::balance {

// How the member with this index is drawn where all are drawn alike.
inline weighing evenly(std::size_t index) { return {most_weight, UINT32_MAX, static_cast<std::uint32_t>(index)}; }

// A longer membership moves on to a pair of buffers at least twice as large; the pair left behind stays as long as the
// module, since a reader may still be in it. All that is left behind is smaller than the pair in use.
// Lifetime: its module's. Threads: one at a time (the module's lock).
class table_writer {
public:
  static constexpr std::uint32_t first_capacity = 4;
  static constexpr std::uint32_t most_members = 1u << 23;

  table_writer(arena& memory, module_record& record) : memory_(&memory), record_(&record) {}

  // Makes room for that many members. False where there is none: nothing has changed.
  bool reserve(std::uint32_t members);

  // True once reserve() has made room for something.
  bool has_room() const { return capacity_ > 0; }

  // Frees all buffers. REQUIRES: readers are not sent here any more.
  void free_memory();

  // What readers are sent to besides the members and their live values.
  struct terms {
    published_policy policy;
    std::span<const weighing> weights;  // of the members in their order; empty = all the same
  };
  // Sends readers to this membership, whose live values are these. REQUIRES: reserve() made room.
  void publish(std::span<const member> members, const live_array& live, const terms& how);

private:
  arena* memory_;
  module_record* record_;
  std::array<std::uint64_t, 2> buffers_{};  // positions; 0 = none
  std::uint32_t capacity_ = 0;              // of each
  unsigned active_ = 0;                     // which of them readers are sent to
  std::vector<arena_block> blocks_;         // pairs: outgrown ones and the one in use
};

}  // namespace lars::balance
