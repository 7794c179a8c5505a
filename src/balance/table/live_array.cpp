#include "balance/table/live_array.hpp"

#include <algorithm>
#include <bit>

namespace lars::balance {
namespace {

void copy_words(const live_slot& from, live_slot& to) {
  to.value.store(from.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
  to.in_flight.store(from.in_flight.load(std::memory_order_relaxed), std::memory_order_relaxed);
  to.latency.store(from.latency.load(std::memory_order_relaxed), std::memory_order_relaxed);
  to.score.store(from.score.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

}  // namespace

bool live_array::reserve(std::uint32_t slots) {
  if (slots <= slots_) return true;
  const auto wanted = std::bit_ceil(std::max(slots, first_slots));
  const auto bytes = std::uint64_t{wanted} * sizeof(live_slot);
  blocks_.reserve(blocks_.size() + 1);
  const auto next = memory_->allocate_block(block_use::live, bytes);
  if (next == 0) return false;
  blocks_.push_back({next, bytes});
  auto* const to = memory_->at<live_slot>(next);
  const live_slot none{};
  for (std::uint32_t slot = 0; slot < wanted; ++slot) copy_words(slot < slots_ ? raw(slot) : none, to[slot]);
  position_ = next;
  slots_ = wanted;
  return true;
}

void live_array::free_memory() {
  for (const auto& one : blocks_) memory_->free_block(block_use::live, one);
  blocks_.clear();
  position_ = 0;
  slots_ = 0;
}

void live_array::copy(const live_array& from, std::uint32_t slots) {
  for (std::uint32_t slot = 0; slot < slots; ++slot) copy_words(from.raw(slot), raw(slot));
}

void live_array::store(std::uint32_t slot, const live_value& value) {
  raw(slot).value.store(pack(value), std::memory_order_release);
}

live_value live_array::load(std::uint32_t slot) const {
  return unpack(raw(slot).value.load(std::memory_order_relaxed));
}

}  // namespace lars::balance
