// Which modules this agent has: written by the control loop, looked up by every UDP thread without a lock.
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

// Open addressing over atomic pointers. Other threads look modules up as readers of readers(): a removed module and a
// replaced table are freed once no reader can have them.
// Threads: owner context only, save find(), readers() and stats() (any).
class service_index {
public:
  // REQUIRES: both outlive the index.
  service_index(balance::arena& shared, balance::arena& spare);

  // Makes the module. REQUIRES: it is not there; `health` outlives its use by the module.
  service_state& add(route_key key, const balance::health_config& health);

  // Null when there is none (or it is being added at this very moment). On another thread the module stays until the
  // reader leaves.
  service_state* find(route_key key) const;
  reader_epochs& readers() const { return readers_; }

  // Retires the module: it is not found any more, a reader that has it finds no host in it, reclaim() frees it.
  // REQUIRES: it has no hosts; its rules outlive the index.
  void remove(service_state& one);

  // Frees removed modules, with their memory, and replaced tables that no reader can have any more. A module in
  // active() waits until it was taken from there.
  void reclaim();

  // Calls f(service_state&) for every module.
  template <class F>
  void for_each(F f) const {
    for (const auto& one : modules_) f(*one);
  }

  std::size_t size() const { return modules_.size(); }
  std::size_t unreclaimed() const { return retired_.size(); }  // removed or replaced and not freed yet
  // Modules removed so far, modulo 2^32: while it stands, pointers that find() returned are valid. Owner context only.
  std::uint32_t removals() const { return removals_; }
  const host_stats& stats() const { return stats_; }

  // The modules that something happened to.
  active_services& active() { return active_; }

private:
  struct table {
    explicit table(std::size_t room) : mask(room - 1), places(std::make_unique<std::atomic<service_state*>[]>(room)) {}
    const std::size_t mask;  // room - 1, room a power of two
    std::unique_ptr<std::atomic<service_state*>[]> places;
  };
  // A module or a table that was out of reach when this epoch ended.
  struct retired {
    std::uint64_t epoch = 0;
    std::unique_ptr<service_state> one;
    std::unique_ptr<table> places;
  };
  static bool put(table& into, service_state& one);
  void renew_table(std::size_t room);

  balance::arena& shared_;
  balance::arena& spare_;
  host_stats stats_;
  active_services active_;
  mutable reader_epochs readers_;
  std::vector<std::unique_ptr<service_state>> modules_;  // each knows its number
  std::unique_ptr<table> table_;
  std::size_t places_used_ = 0;  // of the table, tombstones included
  std::uint32_t removals_ = 0;
  std::deque<retired> retired_;  // the oldest first
  std::atomic<const table*> current_;
};

}  // namespace lars::agent
