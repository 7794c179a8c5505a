#include "balance/live_array.hpp"

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
  const auto next = memory_->allocate(std::uint64_t{wanted} * sizeof(live_slot));
  if (next == 0) return false;
  auto* const to = memory_->at<live_slot>(next);
  for (std::uint32_t slot = 0; slot < slots_; ++slot) copy_words(raw(slot), to[slot]);
  position_ = next;
  slots_ = wanted;
  return true;
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
