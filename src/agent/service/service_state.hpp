// The state of one module on this machine: its hosts, from which callers are answered and in which reports are
// recorded.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <lars/types.hpp>
#include <mutex>
#include <span>
#include <vector>

#include "agent/service/active_services.hpp"
#include "agent/service/call_counters.hpp"
#include "agent/service/host_stats.hpp"
#include "agent/service/module_rules.hpp"
#include "agent/service/service_feed.hpp"
#include "balance/explanation.hpp"
#include "balance/load/load_report.hpp"
#include "balance/module_state.hpp"
#include "balance/pick.hpp"
#include "balance/policy/cursor.hpp"
#include "balance/policy/subset.hpp"
#include "base/fetch_ahead.hpp"
#include "proto/codec.hpp"
#include "share/counted_calls.hpp"
#include "wire/messages.hpp"

namespace lars::agent {

// One call's result as its caller reports it.
struct reported_call {
  endpoint where;
  std::uint32_t latency_us = 0;  // 0 = not reported
  std::uint32_t cost = 0;        // 0 = not reported
  std::uint64_t call_id = 0;     // the id that the pick returned; 0 = none
};

// One host's calls as counted by the threads of shared-memory callers since the last round.
struct host_calls {
  endpoint where{};
  std::uint32_t hint = UINT32_MAX;  // the slot where the host was last found
  std::uint32_t peak_us = 0;        // the longest call that ended with an outcome
  std::uint64_t picks = 0;
  std::uint64_t dropped = 0;    // calls that ended without an outcome
  balance::call_batch ended{};  // calls that ended with an outcome; the fields below cover only these
  std::uint64_t latency_us = 0;
  std::uint64_t cost = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};  // saturating

  // Adds calls to the same host from another thread or round.
  void add(const host_calls& more) {
    picks += more.picks;
    dropped += more.dropped;
    ended.successes += more.ended.successes;
    ended.failures += more.ended.failures;
    ended.trailing_failures = std::max(ended.trailing_failures, more.ended.trailing_failures);
    latency_us += more.latency_us;
    cost += more.cost;
    for (std::size_t i = 0; i < latency.size(); ++i) latency[i] += std::min(UINT32_MAX - latency[i], more.latency[i]);
    peak_us = std::max(peak_us, more.peak_us);
  }

  base::call_sums sums() const {
    base::call_sums sums{ended.successes, ended.failures, latency_us, cost, {}};
    std::ranges::copy(latency, sums.latency.begin());
    return sums;
  }
};

// The memory of modules and the objects they share.
struct service_home {
  balance::arena& shared;  // mapped by callers
  balance::arena& spare;   // private to this process; used when `shared` is full
  host_stats& stats;
  active_services& active;
  service_feed& feed;
};

// Lifetime: created when its first hosts arrive; retired some time after its last host was removed. Threads: any
// thread. The lock is held for one pick, one report, one round's counts or one host list, and never while blocking or
// while observers are told of a change.
class alignas(base::cache_line) service_state : public share::calls_owner {
public:
  // REQUIRES: `health` outlives its use by the module; the objects in `home` outlive the module.
  service_state(route_key key, const balance::health_config& health, const service_home& home);

  route_key key() const { return key_; }

  balance::pick_result pick(const balance::pick_request& wish, base::time_point now);
  // Takes cost and latency from the call's id if the caller did not report them. REQUIRES: `call` is unchanged since
  // the caller reported it.
  balance::report_result report(reported_call call, balance::outcome result, base::time_point now);
  // A call that ended without an outcome. False if the module has no such host.
  bool abandon(const reported_call& call, base::time_point now);

  // Judges and counts one round's calls to a host. Sets the hint to the slot where the host was found.
  balance::report_result record(host_calls& calls, base::time_point now);
  // A host's own load report. False if the module has no such host. REQUIRES: the load is plausible.
  bool report_load(endpoint where, const balance::load_report& load, base::time_point now);
  // Ends calls that were in flight when their caller disconnected.
  void release_in_flight(endpoint where, std::uint64_t calls, base::time_point now);
  // Call every 100 ms for an active module. True while calls are in flight: the module stays active.
  bool refresh_load(base::time_point now);

  // Replaces the module's hosts. `extent` describes the route they were chosen from. If `counters` is not null, calls
  // to each host are counted there.
  balance::host_delta apply(std::span<const host> hosts, base::time_point now, call_counters* counters = nullptr,
                            balance::subset_extent extent = {});

  // Applies these rules from now on and keeps all counts. When it returns, no thread uses the previous rules.
  // REQUIRES: `rules` outlives its use by the module.
  void use(const module_rules& rules);

  // Appends to `out` each host's calls in this bank, with the host's window, and to `rows` the rows to empty. When it
  // returns, no report is still writing to the bank. Owner context.
  void drain(unsigned bank, std::vector<proto::call_result>& out, std::vector<call_row*>& rows);

  // Prefetches what record() and refresh_load() read: the module, one host, the list of hosts that refresh_load()
  // visits, and those hosts. Each step is cheap once the previous one's lines have arrived. Owner context.
  void fetch_ahead() const { base::fetch_ahead(this, base::bytes_to(this, &hosts_) + hosts_.bytes_of_a_round()); }
  void fetch_ahead(std::uint32_t slot) const { hosts_.fetch_ahead(slot); }
  void fetch_changes_ahead() {
    const std::unique_lock hold(lock_, std::try_to_lock);
    if (hold) hosts_.fetch_changes_ahead();
  }
  void fetch_changed_ahead(base::time_point now) {
    const std::unique_lock hold(lock_, std::try_to_lock);
    if (hold) hosts_.fetch_changed_ahead(now);
  }

  // Explains the next pick, with details of at most `most_hosts` hosts. Changes nothing.
  balance::explanation explain(std::size_t most_hosts, base::random_source draw, base::time_point now);

  // Appends every host that takes calls; false if `out` became full first.
  bool encode_hosts(wire::caller_route_encoder& out);

  // Whether shared-memory callers can see the module, and its position in their mapping. Owner context.
  bool is_shared() const { return &hosts_.memory() == &home_.shared; }
  std::uint64_t position() const { return hosts_.position(); }

  // A caller asked for the module. True if the module was parked: the caller must then queue it for the route manager.
  bool mark_used();
  // The queue was full: the next caller's mark_used() returns true again.
  void restore_parked() { usage_.store(usage::parked, std::memory_order_relaxed); }
  // Whether a caller asked since the last call. If not, the module is parked: the route manager stops refreshing it
  // until mark_used() returns true.
  bool consume_use();

  // False already when a caller has used the module but not queued it yet.
  bool is_parked() const { return usage_.load(std::memory_order_relaxed) == usage::parked; }
  // True if there are no hosts and no calls in flight.
  bool is_idle();

  // Makes later picks find no host. Owner context.
  void retire();
  // Frees the module's memory in the arenas. REQUIRES: retired, and no other thread can use it. Owner context.
  void free_memory() { hosts_.free_memory(); }
  // Whether it is in the list of active modules.
  bool is_active() const { return is_active_.load(std::memory_order_acquire); }

  // True on the first call, so that a route too long for a datagram is logged once.
  bool first_truncation() { return !truncated_.exchange(true, std::memory_order_relaxed); }

private:
  friend class active_services;
  friend class service_index;

  enum class usage : std::uint8_t {
    quiet,   // not asked for since the last refresh
    used,    // asked for since the last refresh
    parked,  // no longer refreshed
  };

  void end(reported_call& call, std::uint32_t slot, base::time_point now);
  void count_population(const balance::population& before);
  void assign_rows(const balance::host_delta& delta);
  void count_verdict(endpoint where, const balance::report_result& judged, const balance::population& before);

  // The members that a round reads fill the first three cache lines, because most modules are not cached.
  std::atomic<usage> usage_{usage::quiet};
  std::atomic<bool> truncated_{false};
  std::atomic<bool> is_active_{false};  // in the list of active modules
  bool counted_ = false;                // a call was counted since the last drain; guarded by the lock

  std::mutex lock_;                    // guards what follows, except the constants
  call_counters* counters_ = nullptr;  // null if results are not reported
  std::vector<call_row*> rows_;        // by slot; null if the slot has no host
  balance::module_state hosts_;
  balance::cursor lane_;
  const route_key key_;
  const service_home home_;
  balance::subset_extent extent_;  // shown by explain(); guarded by the lock
  std::size_t number_ = 0;         // position in its service_index, which maintains it; owner context only
};

inline void active_services::push(service_state& module) {
  // Usually one load of a cache line that no thread writes.
  if (module.is_active_.load(std::memory_order_relaxed) || module.is_active_.exchange(true, std::memory_order_acquire))
    return;
  const std::lock_guard hold(lock_);
  pushed_.push_back(&module);
}

template <class F>
void active_services::drain(base::time_point now, F f) {
  std::vector<service_state*> all;
  {
    const std::lock_guard hold(lock_);
    all = std::exchange(pushed_, std::move(spare_));
  }
  // Modules are scattered in memory. Prefetch each several iterations ahead, and its parts once the module has arrived.
  constexpr std::size_t step = 8;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + 3 * step < all.size()) all[i + 3 * step]->fetch_ahead();
    if (i + 2 * step < all.size()) all[i + 2 * step]->fetch_changes_ahead();
    if (i + step < all.size()) all[i + step]->fetch_changed_ahead(now);
    all[i]->is_active_.store(false, std::memory_order_release);
    f(*all[i]);
  }
  all.clear();
  const std::lock_guard hold(lock_);
  spare_ = std::move(all);
}

}  // namespace lars::agent
