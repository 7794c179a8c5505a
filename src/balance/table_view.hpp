// A module's membership and live values as pickers see them.
#pragma once

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
  explicit table_view(const module_view& module);

  std::uint32_t size() const { return size_; }
  member at(std::uint32_t index) const;  // REQUIRES of these two: size() > 0
  weighing weight_at(std::uint32_t index) const;
  const published_policy& policy() const { return policy_; }
  std::uint64_t median_ns() const { return median_; }
  live_value live(std::uint32_t slot) const;
  // The slot's words; null where there is no such slot.
  const live_slot* slot(std::uint32_t slot) const { return slot < slots_ ? live_ + slot : nullptr; }

  // True while nothing read through this view can be of two memberships.
  bool intact() const;

private:
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
