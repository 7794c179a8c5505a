// A module's membership and live values as pickers see them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "balance/live_value.hpp"
#include "balance/member.hpp"
#include "balance/module_format.hpp"
#include "balance/population.hpp"
#include "balance/region.hpp"

namespace lars::balance {

// Where a module is picked from. Lifetime: at most the memory's.
struct module_view {
  region memory;
  const module_record* record = nullptr;  // null = no such module

  bool is_here() const { return record != nullptr && record->where.load(std::memory_order_acquire) == 0; }
  population hosts() const { return unpack_population(record->hosts.load(std::memory_order_acquire)); }
  std::uint64_t probe_num() const { return record->probe_num.load(std::memory_order_relaxed); }
};

// A look at a table that may be overtaken by its writer: what it yielded counts only if intact() says so afterwards.
// Every index and slot is harmless, whatever the memory holds.
// Lifetime: at most the memory's. Threads: one reader.
class table_view {
public:
  table_view() = default;
  // REQUIRES: the module has a record.
  explicit table_view(const module_view& module) {
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

  std::uint32_t size() const { return size_; }
  // REQUIRES of these two: size() > 0
  member at(std::uint32_t index) const {
    const auto& entry = entries_[std::min(index, size_ - 1)];
    const auto where = entry.where.load(std::memory_order_acquire);
    const auto place = entry.place.load(std::memory_order_acquire);
    return {{high_of(where), low_of(where)}, high_of(place), low_of(place)};
  }
  weighing weight_at(std::uint32_t index) const {
    const auto& entry = entries_[std::min(index, size_ - 1)];
    const auto alias = entry.alias.load(std::memory_order_acquire);
    const auto weight = std::min<std::uint64_t>(entry.weight.load(std::memory_order_acquire), most_weight);
    return {static_cast<std::uint32_t>(weight), high_of(alias), low_of(alias)};
  }
  const published_policy& policy() const { return policy_; }
  std::uint64_t median_ns() const { return median_; }
  live_value live(std::uint32_t slot) const {
    return slot < slots_ ? unpack(live_[slot].value.load(std::memory_order_acquire)) : live_value{};
  }
  // The slot's words; null where there is no such slot.
  const live_slot* slot(std::uint32_t slot) const { return slot < slots_ ? live_ + slot : nullptr; }

  // True while nothing read through this view can be of two memberships.
  bool intact() const {
    if (header_ == nullptr) return sequence_ != unusable;
    return sequence_ % 2 == 0 && header_->sequence.load(std::memory_order_relaxed) == sequence_;
  }

private:
  static constexpr std::uint64_t unusable = 1;  // an odd sequence

  static std::uint32_t clamp(std::uint64_t count) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
  }

  const table_header* header_ = nullptr;  // null = a table never published: empty
  const table_entry* entries_ = nullptr;
  const live_slot* live_ = nullptr;
  published_policy policy_;
  std::uint64_t median_ = 0;
  std::uint64_t sequence_ = 0;  // odd = of no use
  std::uint32_t size_ = 0;
  std::uint32_t slots_ = 0;
};

// How often a reader tries before it gives up on a writer that never stands still.
inline constexpr int read_attempts = 3;

}  // namespace lars::balance
