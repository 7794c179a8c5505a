// The writer's side of one module: applies host lists, judges calls, counts those under way, and publishes all of it to
// pickers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "balance/host_signals.hpp"
#include "balance/host_window.hpp"
#include "balance/lease_ring.hpp"
#include "balance/module_place.hpp"
#include "balance/policy_settings.hpp"
#include "balance/reporting_share.hpp"
#include "base/fetch_ahead.hpp"

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

// Calls to one host that lanes counted in a round.
struct round_calls {
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;    // with an outcome
  std::uint64_t dropped = 0;  // without one
};

// What one report came to.
struct report_result {
  bool known = false;              // the module has that host
  std::uint32_t slot = 0;          // which is its own while it stays; of a known one
  std::optional<verdict> changed;  // the host's new verdict, if it changed
};

// Lifetime: its module's. Threads: one at a time (the module's lock); what view() leads to is read by any thread.
// Invariants: a host keeps slot, generation and window for as long as each new list names it; one that comes back after
// it was gone has another generation and a fresh window; a slot is given anew no sooner than one list after it was
// left.
class module_hosts {
public:
  static constexpr base::duration lease = std::chrono::seconds(5);  // a call that nobody tells of is under way so long

  // Lives in `memory`, or in `spare` where that has no room (any more). REQUIRES: `config` outlives the object, or its
  // successor does; so do both arenas. Errors: std::bad_alloc where there is no room at all; likewise apply().
  module_hosts(const health_config& config, route_key key, arena& memory, arena& spare);

  // Judges, or spreads calls, by this one from now on; what was counted stays.
  void use(const health_config& config);
  void use(const policy_settings& policy);

  // Makes `wanted` the module's hosts. Of hosts named twice the first counts; hosts beyond most_members are left out.
  host_delta apply(std::span<const host> wanted, base::time_point now);

  // Tells pickers that the module is gone. REQUIRES: it has no hosts.
  void retire();
  // Frees its memory, for other modules. REQUIRES: retired; the object is not used any more.
  void free_memory();

  // Judges one reported call. No allocation.
  report_result record(endpoint where, outcome result, base::time_point now);

  // Judges calls to the host in this slot told of together. No allocation. REQUIRES: a host is in it.
  report_result record(std::uint32_t slot, const call_batch& calls, base::time_point now);

  // Calls to the host in this slot began, ended with an outcome, or ended without one. REQUIRES: a host is in it.
  void begin(std::uint32_t slot, std::uint64_t calls, base::time_point now);
  void end(std::uint32_t slot, std::uint64_t calls, base::time_point now);
  void drop(std::uint32_t slot, std::uint64_t calls, base::time_point now);
  // All three of a round at once. What came and went within it changes nothing that is published.
  void count(std::uint32_t slot, const round_calls& calls, base::time_point now);
  // One call of a picker that publishes all it does: what is published follows at once.
  void begin_published(std::uint32_t slot, base::time_point now);
  void end_published(std::uint32_t slot, base::time_point now);
  // The call that began at `began` ended with an outcome, or without one.
  void end_begun(std::uint32_t slot, base::time_point began, base::time_point now);
  void drop_begun(std::uint32_t slot, base::time_point began, base::time_point now);

  // What calls that ended showed of the host, and what it said of its own load. REQUIRES: a host is in the slot.
  void observe(std::uint32_t slot, const observation& calls, base::time_point now);
  void report_load(std::uint32_t slot, const load_report& load, base::time_point now);

  // The policy's slow half, about once a tenth of a second: latencies, weights and modes that picks go by are brought
  // up to date and published. True when p2c changed its mode.
  bool control(base::time_point now);
  const policy_settings& policy() const { return policy_; }

  // Lets calls that nobody told of within the lease go, and publishes how many are under way at hosts where that
  // changed (0 where callers of the module do not tell).
  struct load_result {
    std::uint64_t timeouts = 0;
    std::uint64_t in_flight = 0;
  };
  load_result refresh_load(base::time_point now);

  // Of an object, that the above read in the usual case: whole lines, so where live values are comes with the last.
  std::size_t bytes_of_a_round() const { return base::bytes_to(this, &place_); }
  // What the above read of a host, of where the hosts are named whose load changed, and of those, or of all where
  // control() looks at all: asked of memory in time. Nothing changes.
  void fetch_ahead(std::uint32_t slot) const {
    if (slot >= slots_.size()) return;
    const auto& one = slots_[slot];
    base::fetch_ahead(&one, base::bytes_to(&one, &one.signals.weight.value));
    base::fetch_ahead(&place_.live().raw(slot));
  }
  void fetch_changes_ahead() const { base::fetch_ahead(load_changed_.data(), 1); }
  void fetch_changed_ahead(base::time_point now) const {
    for (std::size_t i = 0; i < std::min(load_changed_.size(), most_ahead); ++i) fetch_ahead(load_changed_[i]);
    if (now < window_end_) return;
    const auto first = std::min(slots_.size(), 2 * most_ahead);
    if (follows_load()) {
      base::fetch_ahead(slots_.data(), first * sizeof(slot_state));
      base::fetch_ahead(&place_.live().raw(0), first * sizeof(live_slot));
    } else {
      for (std::size_t i = 0; i < first; ++i) base::fetch_ahead(&slots_[i].signals.latency);
    }
  }

  // Whether refresh_load() or control() would find anything to do.
  bool needs_care(base::time_point now) const {
    return under_way_ > 0 || any_changed_ || any_failing_ || now >= window_end_ ||
           reported_load_ != reporting_.enough();
  }

  // Whether callers tell how at least half of their calls went.
  bool callers_report() const { return reporting_.enough(); }

  // The slot of this host. `hint` is looked at first.
  std::optional<std::uint32_t> find_slot(endpoint where, std::uint32_t hint) const;
  // The same in a register; no_slot = the module has no such host.
  static constexpr std::uint32_t no_slot = UINT32_MAX;
  std::uint32_t slot_of(endpoint where, std::uint32_t hint) const;

  // The record of the host in this slot. REQUIRES: a host is in it.
  const host_window& window(std::uint32_t slot) const { return slots_[slot].window; }
  const host_signals& signals(std::uint32_t slot) const { return slots_[slot].signals; }  // likewise
  // Tells the host in this slot from those that were there before. REQUIRES: likewise.
  std::uint32_t generation(std::uint32_t slot) const { return place_.live().load(slot).generation; }

  // How many of the hosts that take calls told of their load lately.
  std::size_t reporting(base::time_point now) const;

  std::size_t size() const { return index_.size(); }
  std::uint64_t under_way() const { return under_way_; }  // calls, as far as they are known of
  const population& hosts() const { return hosts_; }
  module_view view() const { return place_.view(); }
  const arena& memory() const { return place_.memory(); }
  std::uint64_t position() const { return place_.position(); }

private:
  static constexpr std::size_t most_ahead = 8;  // hosts that are asked for at once

  struct wanted_host;
  // What is remembered of the host in a slot. A round touches the first two lines of memory alone: what is small lies
  // in the room that the window leaves of its last word.
  struct alignas(base::cache_line) slot_state {
    endpoint where;
    [[no_unique_address]] host_window window;
    bool taken = false;
    bool load_changed = false;         // it is in load_changed_
    bool failing = false;              // it is in failing_
    std::uint32_t published_load = 0;  // calls under way, as pickers see them
    lease_ring calls;
    host_signals signals;
  };

  std::vector<wanted_host> sorted_once(std::span<const host> wanted) const;
  void make_room(const std::vector<wanted_host>& sorted, std::uint32_t members);
  void move(std::uint32_t members, std::uint32_t slots);
  member keep(const member& old, const host& target, host_delta& delta);
  member join_in(const host& target, base::time_point now);
  std::uint32_t take_slot(endpoint where, base::time_point now);
  void leave(const member& old);
  void store_population();
  report_result note(std::uint32_t slot, std::optional<verdict> changed);
  void add_calls(std::uint32_t slot, std::uint64_t calls, base::time_point now);
  void end_calls(std::uint32_t slot, std::uint64_t calls, base::time_point now);
  std::uint32_t load_of(std::uint32_t slot) const { return reporting_.enough() ? slots_[slot].calls.in_flight() : 0; }
  void note_load(std::uint32_t slot);
  void publish_load(std::uint32_t slot);
  void publish_latency(std::uint32_t slot, double before_ns);
  std::uint64_t expire_calls(base::time_point now);
  void turn_failures(base::time_point now);
  void publish();
  void follow_terms();
  bool follows_load() const;
  void reset_weights();
  void drift_latencies(base::time_point now);
  bool choose_mode(base::time_point now);
  bool turn_weights();

  // What a round's counts of a host are taken in by comes first: the agent asks for it ahead.
  std::vector<slot_state> slots_;  // by slot
  const health_config* config_;
  std::uint64_t under_way_ = 0;    // calls, at all hosts
  base::time_point window_end_{};  // of the policy's
  reporting_share reporting_;
  population hosts_;
  bool any_changed_ = false;    // load_changed_ is not empty
  bool any_failing_ = false;    // likewise failing_
  bool reported_load_ = true;   // what reporting_ said when load was published last
  bool times_calls_ = true;     // the policy goes by latencies, remembered on these terms
  bool by_weight_ = false;      // p2c: most hosts report their load
  bool any_reported_ = false;   // a host has told of its load
  bool settled_ = false;        // a host that newcomers of the list at hand join has reported its load
  ewma_terms latency_terms_{};  // of policy_
  module_place place_;
  // What is needed less often.
  std::vector<std::uint32_t> load_changed_;  // slots whose calls under way are to be published
  std::vector<std::uint32_t> failing_;       // slots with failures that have not faded
  policy_settings policy_;
  base::time_point next_expiry_{};  // when leases are looked at
  const route_key key_;
  arena* const spare_;
  std::unique_ptr<module_place> left_;  // its place before it moved to the spare memory
  std::vector<member> index_;           // sorted by endpoint
  std::vector<member> order_;           // as published
  std::vector<std::uint32_t> free_;
  std::uint32_t last_generation_ = 0;
  std::uint64_t changes_ = 0;           // of verdicts and of lists
  base::time_point failures_turned_{};  // last
};

}  // namespace lars::balance
