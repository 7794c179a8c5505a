#include "balance/table/table_writer.hpp"

#include <algorithm>
#include <bit>

namespace lars::balance {

bool table_writer::reserve(std::uint32_t members) {
  if (members <= capacity_) return true;
  const auto capacity = std::bit_ceil(std::max(members, first_capacity));
  const auto bytes = sizeof(table_header) + std::uint64_t{capacity} * sizeof(table_entry);
  blocks_.reserve(blocks_.size() + 1);
  const auto both = memory_->allocate_block(block_use::table, 2 * bytes);
  if (both == 0) return false;
  blocks_.push_back({both, 2 * bytes});
  buffers_ = {both, both + bytes};
  for (const auto buffer : buffers_) {
    auto& header = *memory_->at<table_header>(buffer);
    header.capacity.store(capacity, std::memory_order_relaxed);
    header.entries.store(buffer + sizeof(table_header), std::memory_order_relaxed);
    header.entry_stride.store(sizeof(table_entry), std::memory_order_relaxed);
    header.live_stride.store(sizeof(live_slot), std::memory_order_relaxed);
  }
  capacity_ = capacity;
  return true;
}

void table_writer::free_memory() {
  for (const auto& one : blocks_) memory_->free_block(block_use::table, one);
  blocks_.clear();
  buffers_ = {};
  capacity_ = 0;
}

// Words are stored with release and loaded with acquire. A reader that sees one new word therefore sees the odd
// sequence that was stored before it, and its re-check fails: the work of a pair of fences, in terms that the memory
// model's checkers follow. On x86 it costs nothing.
void table_writer::publish(std::span<const member> members, const live_array& live, const terms& how) {
  active_ ^= 1;
  auto& header = *memory_->at<table_header>(buffers_[active_]);
  auto* const entries = memory_->at<table_entry>(buffers_[active_] + sizeof(table_header));
  const auto sequence = header.sequence.load(std::memory_order_relaxed);
  header.sequence.store(sequence + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& one = members[i];
    entries[i].where.store(join(one.where.ip, one.where.port), std::memory_order_release);
    entries[i].id.store(join(one.slot, one.generation), std::memory_order_release);
    const auto weight = how.weights.empty() ? evenly(i) : how.weights[i];
    entries[i].weight.store(weight.weight, std::memory_order_release);
    entries[i].alias.store(join(weight.chance, weight.other), std::memory_order_release);
  }
  header.policy.store(pack(how.policy), std::memory_order_release);
  header.key.store(record_->key.load(std::memory_order_relaxed), std::memory_order_release);
  header.live.store(live.position(), std::memory_order_release);
  header.live_slots.store(live.slots(), std::memory_order_release);
  header.count.store(members.size(), std::memory_order_release);
  header.sequence.store(sequence + 2, std::memory_order_release);
  record_->table.store(buffers_[active_], std::memory_order_release);
  // Before the other buffer, in which readers may still be, is ever written again.
  record_->version.store(record_->version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace lars::balance
