// A module's memory, as its writer holds it: the record, the table's buffers and the live values, all in one arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <new>

#include "balance/table/arena.hpp"
#include "balance/table/live_array.hpp"
#include "balance/table/table_view.hpp"
#include "balance/table/table_writer.hpp"

namespace lars::balance {

// Lifetime: its module's, at most the arena's. Threads: one at a time (the module's lock); view() any thread.
// Errors: the constructor throws std::bad_alloc where the arena has no room for the record.
class module_memory {
public:
  module_memory(arena& memory, route_key key, std::uint32_t probe_num)
      : module_memory(memory, allocate_record(memory), key, probe_num) {}

  // In `memory`, or in `spare` where that has no room.
  static module_memory in(arena& memory, arena& spare, route_key key, std::uint32_t probe_num) {
    if (const auto at = memory.allocate_block(block_use::record, sizeof(module_record)); at != 0)
      return {memory, at, key, probe_num};
    return {spare, key, probe_num};
  }

  arena& memory() const { return *memory_; }
  std::uint64_t position() const { return position_; }
  module_record& record() const { return *record_; }
  module_view view() const { return {memory_->view(), record_, record_->key.load(std::memory_order_relaxed)}; }
  live_array& live() { return live_; }
  const live_array& live() const { return live_; }

  bool reserve(std::uint32_t members, std::uint32_t slots) { return live_.reserve(slots) && table_.reserve(members); }
  bool has_room() const { return table_.has_room(); }
  void publish(std::span<const member> members, const table_writer::terms& how) { table_.publish(members, live_, how); }

  // Tells readers that the module is not here any more.
  void leave(residence to) {
    record_->where.store(static_cast<std::uint64_t>(to), std::memory_order_release);
    raise_version();
  }

  // REQUIRES: the residence is gone, and the object is not used any more.
  void free_memory() {
    table_.free_memory();
    live_.free_memory();
    memory_->free_block(block_use::record, {position_, sizeof(module_record)});
  }

private:
  module_memory(arena& memory, std::uint64_t position, route_key key, std::uint32_t probe_num)
      : live_(memory),
        memory_(&memory),
        position_(position),
        record_(memory.at<module_record>(position_)),
        table_(memory, *record_) {
    // The record may be a reused one that another module's readers still have: they must see the key change before they
    // see anything else of this module.
    record_->table.store(0, std::memory_order_release);
    record_->hosts.store(0, std::memory_order_release);
    record_->key.store(join(static_cast<std::uint32_t>(key.modid), static_cast<std::uint32_t>(key.cmdid)),
                       std::memory_order_release);
    record_->median.store(0, std::memory_order_release);
    record_->changes.store(0, std::memory_order_release);
    record_->probe_num.store(probe_num, std::memory_order_release);
    raise_version();
    record_->where.store(static_cast<std::uint64_t>(residence::here), std::memory_order_release);
  }

  void raise_version() {
    record_->version.store(record_->version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  static std::uint64_t allocate_record(arena& memory) {
    const auto at = memory.allocate_block(block_use::record, sizeof(module_record));
    if (at == 0) throw std::bad_alloc();
    return at;
  }

  live_array live_;  // first: what a round writes to is found by it
  arena* memory_;
  std::uint64_t position_;
  module_record* record_;
  table_writer table_;
};

}  // namespace lars::balance
