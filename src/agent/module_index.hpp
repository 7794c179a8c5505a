// Which modules this agent has: written by the control loop, looked up by every UDP thread without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "agent/module.hpp"

namespace lars::agent {

// Open addressing over atomic pointers. A table that is outgrown stays until the end, since a reader may still be in
// it; sizes double, so all of those together are smaller than the one in use. Modules never leave.
// Threads: add() owner context only; find() any thread.
class module_index {
public:
  // REQUIRES: both outlive the index.
  module_index(balance::arena& shared, balance::arena& spare);

  // Makes the module. REQUIRES: it is not there; `health` outlives its use by the module.
  module& add(route_key key, const balance::health_config& health);

  // Null when there is none (or it is being added at this very moment).
  module* find(route_key key) const;

  // Calls f(module&) for every module. Owner context only.
  template <class F>
  void for_each(F f) const {
    for (const auto& one : modules_) f(*one);
  }

  std::size_t size() const { return modules_.size(); }  // owner context only
  const host_probe& probe() const { return probe_; }    // any thread

  // The modules that something happened to. Owner context.
  active_modules& active() { return active_; }

private:
  struct table {
    explicit table(std::size_t room) : mask(room - 1), places(std::make_unique<std::atomic<module*>[]>(room)) {}
    const std::size_t mask;  // room - 1, room a power of two
    std::unique_ptr<std::atomic<module*>[]> places;
  };
  static void put(table& into, module& one);
  void grow();

  balance::arena& shared_;
  balance::arena& spare_;
  host_probe probe_;
  active_modules active_;
  std::vector<std::unique_ptr<module>> modules_;
  std::vector<std::unique_ptr<table>> tables_;  // the last is in use
  std::atomic<const table*> current_;
};

}  // namespace lars::agent
