// The writer's side of one module: applies host lists, judges reports, and publishes both to pickers.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <vector>

#include "balance/host_window.hpp"
#include "balance/live_array.hpp"
#include "balance/module_table.hpp"

namespace lars::balance {

// What a new host list changed.
struct host_delta {
  std::vector<endpoint> added;
  std::vector<endpoint> removed;
  std::vector<endpoint> changed;             // kept, with another weight or state
  std::vector<std::uint32_t> added_slots;    // of `added`, in its order
  std::vector<std::uint32_t> removed_slots;  // of `removed`; free from now on
  std::size_t kept = 0;                      // with the changed ones
  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// What one report came to.
struct report_result {
  bool known = false;              // the module has that host
  std::uint32_t slot = 0;          // which is its own while it stays; of a known one
  std::optional<verdict> changed;  // the host's new verdict, if it changed
};

// Lifetime: its module's. Threads: one at a time (the module's lock), but table() and live() are read by any thread.
// Invariants: a host keeps slot, generation and window for as long as each new list names it; one that comes back after
// it was gone has another generation and a fresh window; a slot is given anew no sooner than one list after it was
// left.
class module_hosts {
public:
  // REQUIRES: `config` outlives the object, or its successor does.
  explicit module_hosts(const health_config& config) : config_(&config) {}

  // Judges by this one from now on; what was counted stays.
  void use(const health_config& config) { config_ = &config; }

  // Makes `wanted` the module's hosts. Of hosts named twice the first counts; hosts beyond most_members are left out.
  host_delta apply(std::span<const host> wanted, base::time_point now);

  // Judges one reported call. No allocation.
  report_result record(endpoint where, outcome result, base::time_point now);

  // The record of the host in this slot. REQUIRES: a host is in it.
  const host_window& window(std::uint32_t slot) const { return windows_[slot]; }

  std::size_t size() const { return index_.size(); }
  const population& hosts() const { return hosts_; }
  const module_table& table() const { return table_; }
  const live_array& live() const { return live_; }

private:
  struct wanted_host;
  std::vector<wanted_host> sorted_once(std::span<const host> wanted) const;
  member keep(const member& old, const host& target, host_delta& delta);
  member join(const host& target, base::time_point now);
  std::uint32_t take_slot(base::time_point now);
  void leave(const member& old);
  void store_population();

  const health_config* config_;
  std::vector<member> index_;         // sorted by endpoint
  std::vector<host_window> windows_;  // by slot
  std::vector<std::uint32_t> free_;   // slots without a host
  std::uint32_t last_generation_ = 0;
  population hosts_;
  module_table table_;
  live_array live_;
};

}  // namespace lars::balance
