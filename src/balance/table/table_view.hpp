// A module's membership and live values as pickers see them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "balance/table/live_value.hpp"
#include "balance/table/member.hpp"
#include "balance/table/module_format.hpp"
#include "balance/table/population.hpp"
#include "balance/table/region.hpp"

namespace lars::balance {

inline bool is_here(const module_record& record) { return record.where.load(std::memory_order_acquire) == 0; }
inline population hosts_of(const module_record& record) {
  return unpack_population(record.hosts.load(std::memory_order_acquire));
}

// Where a module is picked from. Lifetime: at most the memory's.
struct module_view {
  region memory;
  const module_record* record = nullptr;  // null = no such module
  std::uint64_t key = 0;                  // modid 32 | cmdid 32: the record may be reused for another module

  bool is_here() const { return record != nullptr && balance::is_here(*record) && is_its_record(); }
  // The module was retired: look it up again.
  bool is_gone() const {
    return record != nullptr &&
           (record->where.load(std::memory_order_acquire) == static_cast<std::uint64_t>(residence::gone) ||
            !is_its_record());
  }
  bool is_its_record() const { return record->key.load(std::memory_order_acquire) == key; }
  population hosts() const { return hosts_of(*record); }
  std::uint64_t probe_num() const { return record->probe_num.load(std::memory_order_relaxed); }
};

// A member as a policy sees it: what is published of it, each word read once. Words stay packed: reading a whole word
// after storing its halves stalls the processor.
struct candidate {
  std::uint64_t where = 0;          // ip 32 | port 32
  std::uint64_t id = 0;             // slot 32 | generation 32
  const live_slot* live = nullptr;  // never null in one that a table_view yields
  std::uint64_t word = 0;           // its live_value

  std::uint32_t slot() const { return high_of(id); }
  live_value value() const { return unpack(word); }
  endpoint host() const { return {high_of(where), low_of(where)}; }
  // False too where the slot is another host's by now.
  bool takes_calls() const { return balance::takes_calls(word, low_of(id)); }
  verdict health() const { return verdict_in(word); }
};

// Reads a table that its writer may overwrite meanwhile: what was read is valid only if intact() returns true
// afterwards. Whatever the memory holds, no read goes outside. An intact view may be kept for the next pick while
// shows() returns true.
// Lifetime: at most the memory's. Threads: one reader.
class table_view {
public:
  table_view() = default;
  // REQUIRES: the module has a record.
  explicit table_view(const module_view& module)
      : record_(module.record), version_(module.record->version.load(std::memory_order_acquire)) {
    const auto at = module.record->table.load(std::memory_order_acquire);
    if (at == 0) return;
    sequence_ = unusable;
    header_ = module.memory.find<table_header>(at);
    if (header_ == nullptr) return;
    const auto sequence = header_->sequence.load(std::memory_order_acquire);
    const auto capacity = header_->capacity.load(std::memory_order_acquire);
    const auto slots = header_->live_slots.load(std::memory_order_acquire);
    entry_stride_ = header_->entry_stride.load(std::memory_order_acquire);
    live_stride_ = header_->live_stride.load(std::memory_order_acquire);
    entries_ =
        module.memory.find<table_entry>(header_->entries.load(std::memory_order_acquire), capacity, entry_stride_);
    live_ = module.memory.find<live_slot>(header_->live.load(std::memory_order_acquire), slots, live_stride_);
    if (entries_ == nullptr || live_ == nullptr) return;
    // The buffer was reused for another module.
    if (header_->key.load(std::memory_order_acquire) != module.key) return;
    size_ = clamp(std::min(header_->count.load(std::memory_order_acquire), capacity));
    slots_ = clamp(slots);
    policy_ = unpack_policy(header_->policy.load(std::memory_order_acquire));
    sequence_ = sequence;
  }

  // True while this is the module's current table. Reads no cache line that pick() does not read anyway.
  bool shows(const module_view& module) const {
    return record_ == module.record && record_->version.load(std::memory_order_acquire) == version_;
  }
  const module_record& record() const { return *record_; }  // REQUIRES: it is of a module
  std::uint64_t version() const { return version_; }        // of the record

  std::uint32_t size() const { return size_; }
  // REQUIRES of the next three: index < size(); of at(): size() > 0.
  void read(std::uint32_t index, std::uint64_t& where, std::uint64_t& id) const {
    const auto& entry = entry_at(index);
    where = entry.where.load(std::memory_order_acquire);
    id = entry.id.load(std::memory_order_acquire);
  }
  candidate candidate_at(std::uint32_t index) const {
    std::uint64_t where = 0;
    std::uint64_t id = 0;
    read(index, where, id);
    const auto slot = high_of(id);
    const auto* const live = slot < slots_ ? live_at(slot) : &no_slot;
    return {where, id, live, live->value.load(std::memory_order_acquire)};
  }
  weighing weight_at(std::uint32_t index) const {
    const auto& entry = entry_at(index);
    const auto alias = entry.alias.load(std::memory_order_acquire);
    const auto weight = std::min<std::uint64_t>(entry.weight.load(std::memory_order_acquire), most_weight);
    return {static_cast<std::uint32_t>(weight), high_of(alias), std::min(low_of(alias), size_ - 1)};
  }
  member at(std::uint32_t index) const {
    std::uint64_t where = 0;
    std::uint64_t id = 0;
    read(std::min(index, size_ - 1), where, id);
    return {{high_of(where), low_of(where)}, high_of(id), low_of(id)};
  }
  const published_policy& policy() const { return policy_; }
  // 0 where no latency is known.
  std::uint64_t median_ns() const { return record_ == nullptr ? 0 : record_->median.load(std::memory_order_relaxed); }
  live_value live(std::uint32_t slot) const {
    return slot < slots_ ? unpack(live_at(slot)->value.load(std::memory_order_acquire)) : live_value{};
  }
  // The slot's words; null where there is no such slot.
  const live_slot* slot(std::uint32_t slot) const { return slot < slots_ ? live_at(slot) : nullptr; }

  // True while nothing read through this view can be of two memberships.
  bool intact() const {
    if (record_ != nullptr && record_->version.load(std::memory_order_relaxed) == version_ && sequence_ % 2 == 0)
        [[likely]]
      return true;
    // A later table is in the other buffer most often.
    if (header_ == nullptr) return sequence_ != unusable;
    return sequence_ % 2 == 0 && header_->sequence.load(std::memory_order_relaxed) == sequence_;
  }

private:
  static constexpr std::uint64_t unusable = 1;  // an odd sequence
  static inline const live_slot no_slot{};      // of a member whose slot there is not

  const table_entry& entry_at(std::uint32_t index) const { return *element(entries_, index, entry_stride_); }
  const live_slot* live_at(std::uint32_t slot) const { return element(live_, slot, live_stride_); }

  static std::uint32_t clamp(std::uint64_t count) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
  }

  const module_record* record_ = nullptr;
  std::uint64_t version_ = 0;  // of the record, before anything else was read
  std::uint32_t size_ = 0;
  std::uint32_t slots_ = 0;
  const table_entry* entries_ = nullptr;
  const live_slot* live_ = nullptr;
  std::uint64_t entry_stride_ = 0;
  std::uint64_t live_stride_ = 0;
  const table_header* header_ = nullptr;  // null = a table never published: empty
  std::uint64_t sequence_ = 0;            // odd = of no use
  published_policy policy_;
};

// How often a reader tries to read a table that is overwritten each time.
inline constexpr int read_attempts = 3;

}  // namespace lars::balance
