// What is really so of one module, as a test knows that makes all its calls: its hosts, and the calls under way at
// each.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "balance/pick.hpp"

namespace lars::test {

// Calls are told apart by host and by stay: a host that went and came back is another one, to which a call of its
// former stay still ends under the same name.
// Lifetime: its test's. Threads: one.
class fleet_truth {
public:
  void set_hosts(std::span<const host> list);

  // A call to a member begins; returns the stay that it belongs to, which its end is to name.
  std::uint64_t begin(endpoint where);
  void end(endpoint where, std::uint64_t stay);

  // Picking from the module came to this; `published` tells verdicts. What is wrong about it; empty = nothing.
  std::string wrong_pick(const balance::module_view& published, const balance::pick_result& result,
                         std::span<const endpoint> exclude) const;

  // What is wrong about the calls under way that are published, all ends that were told being known there. Where calls
  // of a former stay are about there is a range of what they may be, else one number.
  std::string wrong_load(const balance::module_view& published) const;

  // wrong_load() was asked just now: all that ended before is known there, and is not to be told later.
  void settle();

  std::uint64_t under_way() const;

private:
  struct host_calls {
    host target;
    bool member = false;
    std::uint64_t stay = 0;
    std::uint64_t open = 0;            // calls of this stay that are under way
    std::uint64_t open_before = 0;     // of former stays
    std::uint64_t ended = 0;           // calls of this stay that ended since settle()
    std::uint64_t strangers_over = 0;  // calls of former stays that ended and may be taken for some of this one
  };

  bool can_be_picked(endpoint where) const;

  std::map<endpoint, host_calls> hosts_;  // also those that went
};

// The calls under way that are published, of all hosts together.
std::uint64_t published_load(const balance::module_view& published);

}  // namespace lars::test
