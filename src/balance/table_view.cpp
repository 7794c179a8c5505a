#include "balance/table_view.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

constexpr std::uint64_t unusable = 1;  // an odd sequence

std::uint32_t clamp(std::uint64_t count) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

}  // namespace

table_view::table_view(const module_view& module) {
  const auto at = module.record->table.load(std::memory_order_acquire);
  if (at == 0) return;
  sequence_ = unusable;
  header_ = module.memory.find<table_header>(at);
  if (header_ == nullptr) return;
  const auto sequence = header_->sequence.load(std::memory_order_acquire);
  const auto capacity = header_->capacity.load(std::memory_order_acquire);
  const auto slots = header_->live_slots.load(std::memory_order_acquire);
  entries_ = module.memory.find<table_entry>(at + sizeof(table_header), capacity);
  live_ = module.memory.find<live_slot>(header_->live.load(std::memory_order_acquire), slots);
  if (entries_ == nullptr || live_ == nullptr) return;
  size_ = clamp(std::min(header_->count.load(std::memory_order_acquire), capacity));
  slots_ = clamp(slots);
  policy_ = unpack_policy(header_->policy.load(std::memory_order_acquire));
  median_ = module.record->median.load(std::memory_order_relaxed);
  sequence_ = sequence;
}

member table_view::at(std::uint32_t index) const {
  const auto& entry = entries_[std::min(index, size_ - 1)];
  const auto where = entry.where.load(std::memory_order_acquire);
  const auto place = entry.place.load(std::memory_order_acquire);
  return {{high_of(where), low_of(where)}, high_of(place), low_of(place)};
}

weighing table_view::weight_at(std::uint32_t index) const {
  const auto& entry = entries_[std::min(index, size_ - 1)];
  const auto alias = entry.alias.load(std::memory_order_acquire);
  const auto weight = std::min<std::uint64_t>(entry.weight.load(std::memory_order_acquire), most_weight);
  return {static_cast<std::uint32_t>(weight), high_of(alias), low_of(alias)};
}

live_value table_view::live(std::uint32_t slot) const {
  return slot < slots_ ? unpack(live_[slot].value.load(std::memory_order_acquire)) : live_value{};
}

bool table_view::intact() const {
  if (header_ == nullptr) return sequence_ != unusable;
  return sequence_ % 2 == 0 && header_->sequence.load(std::memory_order_relaxed) == sequence_;
}

}  // namespace lars::balance
