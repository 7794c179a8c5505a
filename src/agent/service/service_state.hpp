// One module on this machine: what callers are answered from and what their reports go into.
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
#include "balance/explanation.hpp"
#include "balance/lane.hpp"
#include "balance/load_report.hpp"
#include "balance/module_hosts.hpp"
#include "balance/pick.hpp"
#include "balance/subset.hpp"
#include "base/fetch_ahead.hpp"
#include "proto/codec.hpp"
#include "wire/messages.hpp"

namespace lars::agent {

// A call that a caller tells of.
struct called {
  endpoint where;
  std::uint32_t latency_us = 0;  // 0 = not told
  std::uint32_t cost = 0;        // likewise
  std::uint64_t call_id = 0;     // that its pick was given; 0 = none
};

// What the threads of callers that share memory counted of one host's calls since the last round.
struct host_calls {
  endpoint where{};
  std::uint32_t hint = UINT32_MAX;  // the slot where the host is believed to be
  std::uint32_t peak_us = 0;        // the longest of those that ended with an outcome
  std::uint64_t picks = 0;
  std::uint64_t dropped = 0;    // ended without an outcome
  balance::call_batch ended{};  // with one; the rest is of these
  std::uint64_t latency_us = 0;
  std::uint64_t cost = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};  // stop at their largest number

  // Those of another thread, or of another round, to the same host.
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
    base::call_sums made{ended.successes, ended.failures, latency_us, cost, {}};
    std::ranges::copy(latency, made.latency.begin());
    return made;
  }
};

// Where modules live, and what they share.
struct service_home {
  balance::arena& shared;  // mapped by callers
  balance::arena& spare;   // of this process, where the other has no room
  host_stats& stats;
  active_services& active;
};

// Lifetime: made when its first hosts arrive; retired some time after its last ones went. Threads: any
// thread; the lock is held for one pick, one report, one round's counts or one host list, and nothing under it waits.
class alignas(base::cache_line) service_state {
public:
  // REQUIRES: `health` outlives the module or its use by it; what `home` names outlives the module.
  service_state(route_key key, const balance::health_config& health, const service_home& home);

  route_key key() const { return key_; }

  balance::pick_result pick(const balance::pick_wish& wish, base::time_point now);
  // What the caller does not tell of cost and latency, the call's id does. REQUIRES: `call` is as the caller told it.
  balance::report_result report(called call, balance::outcome result, base::time_point now);
  // A call that ended without an outcome. False where the module has no such host.
  bool abandon(const called& call, base::time_point now);

  // Judges and counts what threads counted. The hint becomes where the host was found.
  balance::report_result take(host_calls& calls, base::time_point now);
  // What a host said of its load. False where the module has no such host. REQUIRES: it is plausible.
  bool report_load(endpoint where, const balance::load_report& load, base::time_point now);
  // Calls that were under way when their caller went.
  void give_back(endpoint where, std::uint64_t calls, base::time_point now);
  // Once a tenth of a second for an active module. True while calls are under way: it stays active.
  bool refresh_load(base::time_point now);

  // Makes `wanted` the module's hosts, of a route of that extent. Where `counters` are given, calls to each of them are
  // counted there.
  balance::host_delta apply(std::span<const host> wanted, base::time_point now, call_counters* counters = nullptr,
                            balance::subset_extent of = {});

  // Picks and judges by these from now on; what was counted stays. When it returns nobody uses those before.
  // REQUIRES: `rules` outlives its use by the module.
  void use(const module_rules& rules);

  // Adds what this bank holds of calls to each host to `out`, with the host's window, and the rows to be emptied to
  // `rows`. Afterwards no report is on its way into the bank any more. Owner context.
  void drain(unsigned bank, std::vector<proto::call_result>& out, std::vector<call_row*>& rows);

  // What take() and refresh_load() are about to read: of the module, of one host, and of those that refresh_load()
  // looks at (where they are named, then they themselves). Each is cheap once the one before it has arrived. Owner
  // context.
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

  // Why the next pick is what it is; of at most so many hosts. Nothing changes.
  balance::explanation explain(std::size_t most_hosts, base::random_source draw, base::time_point now);

  // Adds every host that takes calls; false when the room ended before the hosts did.
  bool put_hosts(wire::caller_route_encoder& out);

  // Where callers that share memory find it. Owner context.
  bool is_shared() const { return &hosts_.memory() == &home_.shared; }
  std::uint64_t position() const { return hosts_.position(); }

  // A caller asked. True when the control loop had stopped to refresh the module and is to be told of it.
  bool note_use();
  // The control loop could not be told: the next caller tells it.
  void forget_use() { usage_.store(usage::parked, std::memory_order_relaxed); }
  // The control loop asks whether to go on refreshing. False: nobody asked since the last time; note_use() will tell.
  bool take_use();

  // False also where a caller is about to tell the control loop that it asked.
  bool is_parked() const { return usage_.load(std::memory_order_relaxed) == usage::parked; }
  // No hosts, and no calls under way.
  bool is_idle();

  // Tells pickers that it is gone. Owner context.
  void retire();
  // Frees its part of the arenas. REQUIRES: retired, and no thread has it any more. Owner context.
  void free_memory() { hosts_.free_memory(); }
  // It is in the list of active modules.
  bool is_active() const { return is_active_.load(std::memory_order_acquire); }

  // True once: the moment to say that a route is too long for a datagram.
  bool first_cut() { return !cut_.exchange(true, std::memory_order_relaxed); }

private:
  friend class active_services;
  friend class service_index;

  enum class usage : std::uint8_t {
    quiet,   // refreshed, not asked for since
    used,    // asked for
    parked,  // not refreshed any more
  };

  void end(called& call, std::uint32_t slot, base::time_point now);
  void note_population(const balance::population& before);
  void note_verdict(const balance::report_result& judged, const balance::population& before);

  // A round finds what it reads in the first three lines of memory; a module that nobody called is in no cache.
  std::atomic<usage> usage_{usage::quiet};
  std::atomic<bool> cut_{false};
  std::atomic<bool> is_active_{false};  // in the list of active modules
  bool counted_ = false;                // a call, since the last drain; guarded by the lock

  std::mutex lock_;                    // guards what follows, but the constants
  call_counters* counters_ = nullptr;  // null: nobody wants to know
  std::vector<call_row*> rows_;        // by slot; null where there is no host
  balance::module_hosts hosts_;
  balance::lane lane_;
  const route_key key_;
  const service_home home_;
  balance::subset_extent extent_;  // for people; guarded by the lock
  std::size_t number_ = 0;         // among those of its index, which keeps it; owner context only
};

inline void active_services::push(service_state& one) {
  // The usual case is one load of a line that nobody writes.
  if (one.is_active_.load(std::memory_order_relaxed) || one.is_active_.exchange(true, std::memory_order_acquire))
    return;
  const std::lock_guard hold(lock_);
  pushed_.push_back(&one);
}

template <class F>
void active_services::take(base::time_point now, F f) {
  std::vector<service_state*> all;
  {
    const std::lock_guard hold(lock_);
    all = std::exchange(pushed_, std::move(spare_));
  }
  // They lie anywhere: each is asked for some turns before it is looked at, its parts once it is there.
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
