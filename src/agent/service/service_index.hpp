// The modules of this agent by key: written by the route manager, looked up by every UDP thread without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "agent/service/reader_epochs.hpp"
#include "agent/service/service_state.hpp"

namespace lars::agent {

// Open addressing over atomic pointers. Other threads call find() as readers of readers(). Removed modules and replaced
// tables are freed once no reader can still use them.
// Threads: owner context only, except find(), readers() and stats() (any).
class service_index {
public:
  // REQUIRES: both arenas outlive the index.
  service_index(balance::arena& shared, balance::arena& spare);

  // Creates the module. REQUIRES: it does not exist; `health` outlives its use by the module.
  service_state& add(route_key key, const balance::health_config& health);

  // Null if there is no such module (or it is being added concurrently). On another thread the pointer is valid until
  // the reader leaves.
  service_state* find(route_key key) const;
  reader_epochs& readers() const { return readers_; }

  // Retires the module: find() no longer returns it, readers that still hold it find no host in it, and reclaim()
  // frees it. REQUIRES: it has no hosts; its rules outlive the index.
  void remove(service_state& module);

  // Frees removed modules (and their memory) and replaced tables that no reader can still use. A module in active()
  // is freed only after it was drained from there.
  void reclaim();

  // Calls f(service_state&) for every module.
  template <class F>
  void for_each(F f) const {
    for (const auto& module : modules_) f(*module);
  }

  std::size_t size() const { return modules_.size(); }
  std::size_t unreclaimed() const { return retired_.size(); }  // removed or replaced, not freed yet
  // Modules removed so far, modulo 2^32. Pointers from find() are valid while it is unchanged. Owner context only.
  std::uint32_t removals() const { return removals_; }
  const host_stats& stats() const { return stats_; }

  // Who is called when modules change: observers come before modules.
  service_feed& feed() { return feed_; }

  // The modules with events since the last load refresh.
  active_services& active() { return active_; }

private:
  struct table {
    explicit table(std::size_t size) : mask(size - 1), slots(std::make_unique<std::atomic<service_state*>[]>(size)) {}
    const std::size_t mask;  // size - 1; size is a power of two
    std::unique_ptr<std::atomic<service_state*>[]> slots;
  };
  // A module or a table that became unreachable before this epoch ended.
  struct retired {
    std::uint64_t epoch = 0;
    std::unique_ptr<service_state> module;
    std::unique_ptr<table> replaced;
  };
  static bool insert(table& into, service_state& module);
  void rebuild_table(std::size_t size);

  balance::arena& shared_;
  balance::arena& spare_;
  host_stats stats_;
  active_services active_;
  service_feed feed_;
  mutable reader_epochs readers_;
  std::vector<std::unique_ptr<service_state>> modules_;  // each knows its number_
  std::unique_ptr<table> table_;
  std::size_t slots_used_ = 0;  // of the table, including tombstones
  std::uint32_t removals_ = 0;
  std::deque<retired> retired_;  // oldest first
  std::atomic<const table*> current_;
};

}  // namespace lars::agent
