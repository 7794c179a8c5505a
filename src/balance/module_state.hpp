// The writer's side of one module: applies host lists, records calls and load reports, and publishes to pickers what
// comes of them. A façade: what each part knows and decides is in the class of that part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "balance/health/module_health.hpp"
#include "balance/load/call_observations.hpp"
#include "balance/load/calls_in_flight.hpp"
#include "balance/policy/policy_control.hpp"
#include "balance/table/membership.hpp"
#include "balance/table/publication.hpp"
#include "base/fetch_ahead.hpp"

namespace lars::balance {

// What a new host list changed.
struct host_delta {
  std::vector<endpoint> added;
  std::vector<endpoint> removed;
  std::vector<endpoint> changed;             // kept, with another weight, state or zone
  std::vector<std::uint32_t> added_slots;    // of `added`, in its order
  std::vector<std::uint32_t> removed_slots;  // of `removed`; free from now on
  std::size_t kept = 0;                      // with the changed ones
  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// What came of one report.
struct report_result {
  bool known = false;              // the module has that host
  std::uint32_t slot = 0;          // of a known host
  std::optional<verdict> changed;  // the host's new verdict, if it changed
};

// Lifetime: its module's. Threads: one at a time (the module's lock); what view() leads to is read by any thread.
// Invariants: those of membership; a host keeps its window for as long as it keeps its slot.
class module_state {
public:
  static constexpr std::uint32_t no_slot = balance::no_slot;

  // Lies in `memory`, or in `spare` where that has no room (any more). REQUIRES: `config` outlives the object, or its
  // successor does; so do both arenas. Errors: std::bad_alloc where there is no room at all; likewise apply().
  module_state(const health_config& config, route_key key, arena& memory, arena& spare);

  // Judges, or spreads calls, by this one from now on; what was counted stays.
  void use(const health_config& config);
  // True if calls are drawn by other weights now.
  bool use(const policy_settings& policy);

  // Makes these the module's hosts. Of hosts named twice the first counts; hosts beyond most_members are left out.
  host_delta apply(std::span<const host> hosts, base::time_point now);

  // Tells pickers that the module is gone. REQUIRES: it has no hosts.
  void retire() { published_.retire(); }
  // Frees its memory, for other modules. REQUIRES: retired; the object is not used any more.
  void free_memory() { published_.free_memory(); }

  // Records one reported call, or several that were reported together. No allocation. REQUIRES of a slot here and
  // below: a host is in it.
  report_result record(endpoint host, outcome result, base::time_point now);
  report_result record(std::uint32_t slot, const call_batch& calls, base::time_point now);

  // Calls to the host in this slot began, ended with an outcome, or ended without one.
  void begin(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
    list_if(calls_.begin(hosts_[slot].calls, calls, now), slot);
  }
  void end(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
    list_if(calls_.end(hosts_[slot].calls, calls, now), slot);
  }
  void drop(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
    list_if(calls_.drop(hosts_[slot].calls, calls, now), slot);
  }
  // All three of a round at once.
  void count(std::uint32_t slot, const round_calls& calls, base::time_point now) {
    list_if(calls_.count(hosts_[slot].calls, calls, now), slot);
  }
  // The same of one call, which is published at once: for a picker that has no counters of its own.
  void begin_published(std::uint32_t slot, base::time_point now);
  void end_published(std::uint32_t slot, base::time_point now);
  // The call that began at `began` ended with an outcome, or without one; likewise.
  void end_begun(std::uint32_t slot, base::time_point began, base::time_point now);
  void drop_begun(std::uint32_t slot, base::time_point began, base::time_point now);

  // What calls that ended showed of the host, and what it reported of its own load.
  void observe(std::uint32_t slot, const observation& calls, base::time_point now) {
    auto& signals = hosts_[slot].signals;
    observed_.observe(signals, slot, live_[slot], calls, now);
  }
  void report_load(std::uint32_t slot, const load_report& load, base::time_point now) {
    policy_.report_load(hosts_[slot].signals, load, policy_view(members_.by_endpoint()), now);
  }

  // About once a tenth of a second: brings failures, and at the end of the policy's window latencies, weights and mode
  // up to date, and publishes them.
  struct control_result {
    bool mode_switched = false;    // p2c goes by something else now
    bool weights_changed = false;  // calls are drawn by other weights now
  };
  control_result control(base::time_point now);
  const policy_settings& policy() const { return policy_.settings(); }

  // Drops calls whose lease is over, and publishes how many are under way at hosts where that changed (0 where callers
  // of the module do not report).
  struct load_result {
    std::uint64_t timeouts = 0;
    std::uint64_t in_flight = 0;
  };
  load_result refresh_load(base::time_point now);

  // Prefetching. How many bytes of the object a round reads, from its beginning.
  std::size_t bytes_of_a_round() const { return base::bytes_to(this, observed_.end_of_hot()); }
  // What a round reads of a host.
  void fetch_ahead(std::uint32_t slot) const {
    if (slot >= hosts_.size()) return;
    const auto& host = hosts_[slot];
    base::fetch_ahead(&host, base::bytes_to(&host, &host.signals.weight.value));
    base::fetch_ahead(&live_[slot]);
  }
  // The list of hosts that refresh_load() is to publish; then those hosts, and those that control() looks at.
  void fetch_changes_ahead() const { base::fetch_ahead(listed_.data(), 1); }
  void fetch_changed_ahead(base::time_point now) const;

  // Whether refresh_load() or control() would find anything to do.
  bool needs_care(base::time_point now) const {
    return calls_.needs_refresh() || observed_.any_failing() || now >= window_end_;
  }

  bool callers_report() const { return calls_.callers_report(); }

  // The slot of this host; no_slot = the module has no such host. `hint` is looked at first.
  std::uint32_t slot_of(endpoint host, std::uint32_t hint) const {
    if (hint < hosts_.size() && hosts_[hint].taken && hosts_[hint].where == host) return hint;
    return members_.find(host);
  }
  std::optional<std::uint32_t> find_slot(endpoint host, std::uint32_t hint) const {
    const auto slot = slot_of(host, hint);
    return slot == no_slot ? std::nullopt : std::optional(slot);
  }

  const host_window& window(std::uint32_t slot) const { return hosts_[slot].window; }
  const host_signals& signals(std::uint32_t slot) const { return hosts_[slot].signals; }
  const std::string& zone(std::uint32_t slot) const { return zones_[slot]; }
  std::uint32_t generation(std::uint32_t slot) const { return published_.value(slot).generation; }

  // How many of the hosts that take calls told of their load lately.
  std::size_t reporting(base::time_point now) const;

  std::size_t size() const { return members_.size(); }
  std::uint64_t under_way() const { return calls_.under_way(); }
  const population& hosts() const { return health_.hosts(); }
  module_view view() const { return published_.view(); }
  const arena& memory() const { return published_.memory(); }
  std::uint64_t position() const { return published_.position(); }

private:
  static constexpr std::size_t most_ahead = 8;  // hosts that are prefetched at once

  // All that is known of the host in a slot. A round touches its first two cache lines alone: `taken` lies in the room
  // that the window leaves of its last word.
  struct alignas(base::cache_line) host_record {
    endpoint where;
    [[no_unique_address]] host_window window;
    bool taken = false;
    host_calls calls;
    host_signals signals;
  };

  void reserve(const membership_change& change);
  void join(membership_change::placed_host& joining, base::time_point now);
  void leave(const member& leaving);
  void count_hosts();
  report_result judged(std::uint32_t slot, std::optional<verdict> changed);
  void publish(std::span<const member> order, std::span<const weighing> weights);
  std::vector<weighing> weights_of(std::span<const member> order);
  bool publish_weights();
  void list_if(bool list, std::uint32_t slot) {
    if (list) listed_.push_back(slot);
  }
  host_column<host_calls> calls_column() { return {std::span(hosts_), &host_record::calls}; }
  host_column<host_signals> signals_column() { return {std::span(hosts_), &host_record::signals}; }
  policy_hosts policy_view(std::span<const member> members) { return {members, signals_column(), live_}; }

  // What a round reads, in one and a half cache lines: the agent prefetches it.
  std::vector<host_record> hosts_;  // by slot
  live_slot* live_;                 // likewise: published_.live()
  base::time_point window_end_{};   // of the policy's window
  module_health health_;
  calls_in_flight calls_;
  call_observations observed_;  // of which a round reads the beginning

  std::vector<std::uint32_t> listed_;  // slots whose calls under way are to be published
  membership members_;
  policy_control policy_;
  publication published_;
  std::vector<std::string> zones_;  // by slot
};

}  // namespace lars::balance
