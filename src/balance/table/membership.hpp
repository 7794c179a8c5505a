// Which hosts a module has, and which slot and generation each of them has.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <vector>

#include "balance/table/member.hpp"

namespace lars::balance {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

// What a new host list changes. Immutable once planned.
struct membership_change {
  struct placed_host {
    host target;
    member place;
  };
  std::vector<placed_host> joined;  // by endpoint
  std::vector<placed_host> kept;    // by endpoint; the route may give it another weight, state or zone
  std::vector<member> left;         // by endpoint
  std::vector<member> by_endpoint;  // all hosts of the list
  std::vector<member> order;        // likewise, in its order
  std::uint32_t slots = 0;          // that are needed, free ones included
};

// Lifetime: its module's. Threads: one at a time (the module's lock). Pure.
// Invariants: a host keeps its slot and generation for as long as each new list names it. A host that comes back after
// it was gone has another generation. A slot is reused no sooner than one list after its host left.
class membership {
public:
  // What changes if these become the hosts. Of hosts named twice the first counts. New hosts get slots in the order of
  // their endpoints. Errors: std::bad_alloc.
  membership_change plan(std::span<const host> hosts) const;

  // Makes the planned change. REQUIRES: it was planned from the current state. Errors: std::bad_alloc, and nothing has
  // changed.
  void commit(membership_change change);

  // The slot of this host; no_slot = the module has no such host.
  std::uint32_t find(endpoint host) const;

  std::span<const member> by_endpoint() const { return by_endpoint_; }
  std::span<const member> in_order() const { return order_; }  // as the last list names them
  std::size_t size() const { return by_endpoint_.size(); }

private:
  std::vector<member> by_endpoint_;
  std::vector<member> order_;
  std::vector<std::uint32_t> free_;    // slots of hosts that left; the last one is used first
  std::uint32_t slots_ = 0;            // used so far
  std::uint32_t last_generation_ = 0;  // generations start at 1
};

}  // namespace lars::balance
