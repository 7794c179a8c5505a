// One thread of the shared-memory transport: picks from the agent's tables and counts in counters of its own.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "balance/pick.hpp"
#include "base/call_sums.hpp"
#include "base/random.hpp"
#include "client/caller.hpp"
#include "client/module_table.hpp"
#include "client/shared_transport.hpp"
#include "share/load_writer.hpp"

namespace lars::client {

// Lifetime: its thread state's. Threads: its thread only. After the first pick of a host there is no lock, allocation
// or system call while the module's hosts and the agent stay.
class thread_transport {
public:
  // `deadline`: of picks without one of their own.
  explicit thread_transport(shared_transport& transport,
                            std::chrono::milliseconds deadline = std::chrono::milliseconds(1000));

  // Whether there are tables to pick from. Attaches to another agent's tables where there is one.
  bool is_open() {
    if (transport_.generation() != generation_) reattach();
    return attachment_ != nullptr;
  }

  enum class outcome {
    picked,
    overloaded,  // every host is ejected and no trial is due
    unknown,     // the routes have no such module, or it has no host that takes calls
    elsewhere,   // pick over another transport: the module is not here, or there are no counters
    closed,      // the present agent shares no tables: is_open() is false from now on
  };
  // The functions up to agent_is_alive() REQUIRE is_open(). A pick fills in everything but module, session and thread;
  // without a host it changes nothing. pick() does not wait; pick_until() waits until the deadline for the agent to
  // give counters. Without a living agent both wait 10 ms at most for the next one, and a host's first call 25 ms for
  // counters while another thread holds their lock.
  outcome pick(const pick_request& request, call& picked) { return pick_until(request, {}, picked); }
  outcome pick_until(const pick_request& request, base::time_point deadline, call& picked);

  // Passes on the load that the host reported. Call it before the end of the call. REQUIRES: `load` is known.
  void report_load(const call& ending, bool own, const balance::load_report& load);
  void report(route_key module, endpoint where, bool failed, std::uint64_t latency_us);

  // The hosts that take calls; nothing where the routes have no such module.
  std::optional<std::vector<endpoint>> route(route_key module);

  // Whether the agent has published within the last half second.
  bool agent_is_alive() const { return attachment_->is_alive(attachment_->rate.now(), attachment_->routes.beat()); }

  // The fast paths of pick and end: the same agent and tables as before, and the host's slot is in the dirty ring in
  // this round already. They call no function. False where this does not hold; nothing has changed then, and pick() or
  // finish() does the work.
  [[gnu::always_inline]] bool pick_fast(route_key module, std::uint32_t cost, call& picked);
  [[gnu::always_inline]] bool finish_fast(const call& ended, bool failed) const;

  // Ends a call of this transport; `own` = this thread picked it. Where the transport has closed meanwhile its latency
  // cannot be told, and it is abandoned.
  void finish(const call& ended, bool own, bool failed);
  void abandon(const call& dropped, bool own);

private:
  // A host that was picked.
  struct picked_host {
    std::uint64_t where = 0;  // ip 32 | port 32
    std::uint32_t slot = 0;   // in its module
    std::uint32_t index = 0;  // in its counters
  };

  bool is_current() const {
    return transport_.generation() == generation_ && attachment_ != nullptr && attachment_->rate.counts_cycles();
  }
  struct begun_call {
    std::uint64_t start = 0;  // in ticks
    std::uint32_t cost = 1;
  };
  // Fills in a call to this host. `counters` null: it is not counted.
  [[gnu::always_inline]] static void record_pick(const share::thread_counters* counters, const picked_host& host,
                                                 const begun_call& begun, call& picked);
  void reattach();
  bool find(thread_module& one);
  share::rounds rounds() const { return attachment_->routes.now(); }
  const share::thread_counters* count_first(thread_module& one, std::uint32_t cost, base::time_point deadline,
                                            picked_host& host);
  std::uint32_t index_for(thread_module& one, balance::member host, base::time_point deadline);
  bool allocate_counters(thread_module& one, std::uint32_t slots, base::time_point deadline);
  share::thread_counters* counters_of(const call& of, bool own, std::uint32_t& index);
  share::thread_counters* own_counters(const call& of, std::uint32_t& index);

  shared_transport& transport_;
  const std::chrono::milliseconds deadline_;
  std::uint32_t generation_ = 0;
  std::shared_ptr<const attachment> attachment_;
  std::uint32_t counters_generation_ = 0;  // the generation of segments that the counters lie in
  module_table modules_;
  std::vector<std::unique_ptr<share::thread_counters>>
      owned_counters_;  // outgrown ones too: calls in flight may have begun in them
  share::dirty_ring_writer dirty_ring_;
  share::load_writer loads_;
  base::random_source random_;
  std::uint64_t next_draw_ = random_();  // drawn one pick ahead, so that no pick waits for it
};

inline void thread_transport::record_pick(const share::thread_counters* counters, const picked_host& host,
                                          const begun_call& begun, call& picked) {
  picked.start = begun.start;
  picked.cost = begun.cost;
  picked.where = std::bit_cast<endpoint>(balance::as_fields(host.where));
  picked.slot = host.slot;
  picked.counter_index = host.index;
  picked.origin = reinterpret_cast<std::uintptr_t>(counters);
  picked.by = transport::shared_memory;
}

// rdtsc waits for earlier loads. Prefetch everything that the pick reads before the timestamp, so that the loads
// overlap the end of the last call; choose the host after it.
inline bool thread_transport::pick_fast(route_key module, std::uint32_t cost, call& picked) {
  if (!is_current() || transport_.needs_repair()) return false;
  auto* const one = modules_.find(module);
  if (one == nullptr || !one->cursors.scores.serves()) return false;
  const auto& hosts = one->cursors.scores;
  hosts.fetch_ahead(next_draw_);
  const auto now = base::cycle_count();
  const auto& at = *attachment_;
  // Read before the published values: these are of this round or a later one.
  const auto round = at.routes.now();
  if (!at.is_alive(now, round.beat)) return false;
  const auto index = hosts.pick(round.published, next_draw_, one->cursors.turns.next);
  if (index == balance::score_cache::miss) return false;
  auto& host = hosts.entry_at(index);
  if (!share::thread_counters::count_reported_pick(host, hosts.counters_at(index), cost, round)) return false;
  hosts.pass_turn(one->cursors.turns.next);
  next_draw_ = random_();
  // A module with cached scores has counters.
  record_pick(one->counters, {host.where, balance::high_of(host.seen.id), index}, {now, cost}, picked);
  return true;
}

inline bool thread_transport::finish_fast(const call& ended, bool failed) const {
  if (!is_current() || transport_.needs_repair() || ended.origin == 0) return false;
  const auto& at = *attachment_;
  auto* const counters = reinterpret_cast<share::thread_counters*>(static_cast<std::uintptr_t>(ended.origin));
  const auto host = balance::join(ended.where.ip, ended.where.port);
  // Without a clock read nothing shows whether the agent is alive. That is safe: the next agent adopts what is counted
  // here, and every pick and every timed end, one in at most eleven, still checks.
  if (!counters->times_next_end(ended.counter_index))
    return !at.routes.ended() &&
           counters->count_reported_untimed_end(ended.counter_index, host, failed, ended.cost, at.routes.now());
  const auto now = base::cycle_count();
  const auto ns = at.rate.to_ns(now - ended.start);
  const auto round = at.routes.now();
  if (!at.is_alive(now, round.beat)) return false;
  return counters->count_reported_end(ended.counter_index, host, {failed, base::reported_latency_us(ns), ended.cost},
                                      round);
}

}  // namespace lars::client
