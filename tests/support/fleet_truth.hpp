// The true state of a module, known to a test that makes all its calls: its hosts, and the in-flight calls of each.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "balance/pick.hpp"

namespace lars::test {

// Calls belong to a host and a stay. A host that was removed and added again has a new stay; a call of its former stay
// still ends under the same address.
// Lifetime: its test's. Threads: one.
class fleet_truth {
public:
  void set_hosts(std::span<const host> list);

  // A call to a member begins. Returns its stay, for end().
  std::uint64_t begin(endpoint where);
  void end(endpoint where, std::uint64_t stay);

  // What is wrong with this result of a pick, by the verdicts of `published`; empty = nothing.
  std::string wrong_pick(const balance::module_view& published, const balance::pick_result& result,
                         std::span<const endpoint> exclude) const;

  // What is wrong with the published in-flight calls; empty = nothing. REQUIRES: all reported ends are published. While
  // calls of a former stay are in flight a range of numbers is right, otherwise one number.
  std::string wrong_load(const balance::module_view& published) const;

  // Call after wrong_load(): ends before this moment are published and are not counted later.
  void settle();

  std::uint64_t under_way() const;

private:
  struct host_calls {
    host target;
    bool member = false;
    std::uint64_t stay = 0;
    std::uint64_t open = 0;            // in-flight calls of this stay
    std::uint64_t open_before = 0;     // of former stays
    std::uint64_t ended = 0;           // calls of this stay that ended since settle()
    std::uint64_t strangers_over = 0;  // ended calls of former stays that may count as calls of this one
  };

  bool can_be_picked(endpoint where) const;

  std::map<endpoint, host_calls> hosts_;  // removed hosts too
};

// The published in-flight calls of all hosts.
std::uint64_t published_load(const balance::module_view& published);

}  // namespace lars::test
