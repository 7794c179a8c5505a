// How many calls of a module are under way, at each host and at all of them, and what of it pickers are shown.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "balance/load/lease_ring.hpp"
#include "balance/load/reporting_share.hpp"
#include "balance/table/host_column.hpp"
#include "balance/table/module_format.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// Calls to one host that callers counted in a round.
struct round_calls {
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;    // with an outcome
  std::uint64_t dropped = 0;  // without one
};

// One host's share of it.
struct host_calls {
  std::uint32_t published = 0;  // calls under way, as pickers see them
  lease_ring ring;
  bool listed = false;  // it waits for the next refresh()
};

// Lifetime: its module's. Threads: one at a time (the module's lock); the published words are read by any thread.
// A function that returns true asks its caller to add the host's slot to the list that the next refresh() is given:
// what is published of the host is out of date. It does so once until then.
class calls_in_flight {
public:
  // A call of which no end is reported counts as under way for so long.
  static constexpr base::duration lease = std::chrono::seconds(5);

  // Calls to the host began, ended with an outcome, or ended without one.
  bool begin(host_calls& host, std::uint64_t calls, base::time_point now) {
    add(host, calls, now);
    return must_list(host);
  }
  bool end(host_calls& host, std::uint64_t calls, base::time_point now) {
    const bool list = drop(host, calls, now);
    reporting_.note(calls, 0);
    return list;
  }
  bool drop(host_calls& host, std::uint64_t calls, base::time_point now) {
    remove(host, calls, now);
    return must_list(host);
  }

  // All three of a round at once. Calls that began and ended within the round change nothing that is published.
  bool count(host_calls& host, const round_calls& calls, base::time_point now) {
    // The usual case: calls are shorter than rounds.
    if (calls.begun == calls.ended && calls.dropped == 0 && host.ring.empty()) {
      reporting_.note(calls.ended, 0);
      return false;
    }
    add(host, calls.begun, now);
    remove(host, calls.ended, now);
    reporting_.note(calls.ended, 0);
    remove(host, calls.dropped, now);
    return must_list(host);
  }

  // The call that began at `began` ended with an outcome, or without one.
  bool end_begun(host_calls& host, base::time_point began, base::time_point now) {
    reporting_.note(1, 0);
    return drop_begun(host, began, now);
  }
  bool drop_begun(host_calls& host, base::time_point began, base::time_point now) {
    under_way_ -= host.ring.end_begun(began, now, lease);
    return must_list(host);
  }

  // The host left the module: nobody reports how its calls end.
  void leave(host_calls& host) {
    under_way_ -= host.ring.in_flight();
    host.ring = {};
  }

  // Publishes what pickers see of the host, if it changed.
  void publish(host_calls& host, live_slot& live) const {
    const auto load = shown(host);
    if (std::exchange(host.published, load) == load) return;
    live.in_flight.store(load, std::memory_order_relaxed);
  }

  // Drops calls whose lease is over, and publishes the hosts in `listed`, which is empty afterwards. Returns how many
  // calls were dropped. REQUIRES: `listed` has room for every slot of `hosts`, and `live` has as many values.
  std::uint64_t refresh(host_column<host_calls> hosts, std::vector<std::uint32_t>& listed, live_slot* live,
                        base::time_point now);

  // Whether refresh() has, or will have, anything to do.
  bool needs_refresh() const { return under_way_ > 0 || any_listed_ || published_reporting_ != reporting_.enough(); }

  // Whether callers report how at least half of their calls went. While they do not, pickers see no calls under way.
  bool callers_report() const { return reporting_.enough(); }

  std::uint64_t under_way() const { return under_way_; }  // at all hosts

private:
  void add(host_calls& host, std::uint64_t calls, base::time_point now) {
    if (calls == 0) return;
    const auto before = host.ring.in_flight();
    host.ring.add(calls, now, lease);
    under_way_ += host.ring.in_flight();
    under_way_ -= before;
  }
  void remove(host_calls& host, std::uint64_t calls, base::time_point now) {
    if (calls == 0) return;
    const auto before = host.ring.in_flight();
    host.ring.end(calls, now, lease);
    under_way_ += host.ring.in_flight();
    under_way_ -= before;
  }
  std::uint32_t shown(const host_calls& host) const { return reporting_.enough() ? host.ring.in_flight() : 0; }
  bool must_list(host_calls& host) {
    if (host.published == shown(host) || std::exchange(host.listed, true)) return false;
    any_listed_ = true;
    return true;
  }
  std::uint64_t expire(host_column<host_calls> hosts, std::vector<std::uint32_t>& listed, base::time_point now);

  std::uint64_t under_way_ = 0;
  base::time_point next_expiry_{};  // when leases are looked at
  reporting_share reporting_;
  bool any_listed_ = false;
  bool published_reporting_ = true;  // callers_report() at the last refresh
};

}  // namespace lars::balance
