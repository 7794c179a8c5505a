// One thread's way through the shared-memory transport: picks from the agent's tables, counts in counters of its own.
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

// Lifetime: its thread state's. Threads: its thread only. No lock, no allocation and no system call once its hosts
// have been picked, for as long as they and the agent stay.
class thread_transport {
public:
  // `deadline`: of picks that bring none.
  explicit thread_transport(shared_transport& transport,
                            std::chrono::milliseconds deadline = std::chrono::milliseconds(1000));

  // True when there are tables to pick from. Notices another agent.
  bool is_open() {
    if (transport_.generation() != generation_) reattach();
    return attachment_ != nullptr;
  }

  enum class outcome {
    picked,
    overloaded,  // as the agent would say
    unknown,     // the routes have no such module, or it has no hosts that take calls
    elsewhere,   // to be picked through another transport: it does not live here, or cannot be counted
    closed,      // the agent that is there now shares no tables: is_open() no more
  };
  // REQUIRES of what follows until agent_is_alive(): is_open(). Fills in everything but the module, the session and the
  // thread, and nothing where no host was picked. Waits for nothing, or so long for the agent to give counters; while
  // no agent lives, 10 ms at most for the next one, and a host's first call 25 ms for counters that another thread
  // holds up.
  outcome pick(const pick_request& request, call& picked) { return pick_until(request, {}, picked); }
  outcome pick_until(const pick_request& request, base::time_point deadline, call& picked);

  // What its host said of itself; before its end is told. REQUIRES: `load` is known.
  void report_load(const call& ending, bool own, const balance::load_report& load);
  void report(route_key module, endpoint where, bool failed, std::uint64_t latency_us);

  // The hosts that take calls; nothing where the routes have no such module.
  std::optional<std::vector<endpoint>> route(route_key module);

  // Whether what is published is of this moment.
  bool agent_is_alive() const { return attachment_->is_alive(attachment_->rate.now(), attachment_->routes.beat()); }

  // The usual pick and the usual end of a call, in as few steps as they take: nothing has come up since the last one,
  // and the agent knows of the host in this round. They call nothing, and take what they need in registers. False where
  // it is not so: nothing has changed, and pick() and finish() see to it.
  [[gnu::always_inline]] bool pick_fast(route_key module, std::uint32_t cost, call& picked);
  [[gnu::always_inline]] bool finish_fast(const call& ended, bool failed) const;

  // How a call of this transport went; `own` = it was picked by this thread. Where the transport has closed meanwhile
  // nobody can tell how long it took: it is not under way any more.
  void finish(const call& ended, bool own, bool failed);
  void abandon(const call& dropped, bool own);

private:
  // Of a host picked.
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
  // A call to this host has begun; `counters` null: nobody counts it.
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
  std::uint32_t counters_generation_ = 0;  // the generation of counters that the counters lie in
  module_table modules_;
  std::vector<std::unique_ptr<share::thread_counters>>
      owned_counters_;  // also those outgrown: calls may have begun in them
  share::dirty_ring_writer dirty_ring_;
  share::load_writer loads_;
  base::random_source random_;
  std::uint64_t next_draw_ = random_();  // drawn a pick ahead: no pick waits for it
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

// A processor reads its clock once all before is done, and begins nothing meanwhile. So what a pick waits for is
// parted: what it will read is asked for before, which goes on beside the end of the last call; the choice comes after.
inline bool thread_transport::pick_fast(route_key module, std::uint32_t cost, call& picked) {
  if (!is_current() || transport_.needs_repair()) return false;
  auto* const one = modules_.find(module);
  if (one == nullptr || !one->cursors.scores.serves()) return false;
  const auto& hosts = one->cursors.scores;
  hosts.fetch_ahead(next_draw_);
  const auto now = base::cycle_count();
  const auto& at = *attachment_;
  // Before what is published: that is of this round, or of a later one.
  const auto round = at.routes.now();
  if (!at.is_alive(now, round.beat)) return false;
  const auto index = hosts.pick(round.published, next_draw_, one->cursors.turns.next);
  if (index == balance::score_cache::nowhere) return false;
  auto& host = hosts.note_at(index);
  if (!share::thread_counters::count_reported_pick(host, hosts.counters_at(index), cost, round)) return false;
  hosts.pass_turn(one->cursors.turns.next);
  next_draw_ = random_();
  // Who remembers hosts has a counters.
  record_pick(one->counters, {host.where, balance::high_of(host.seen.id), index}, {now, cost}, picked);
  return true;
}

inline bool thread_transport::finish_fast(const call& ended, bool failed) const {
  if (!is_current() || transport_.needs_repair() || ended.origin == 0) return false;
  const auto& at = *attachment_;
  auto* const counters = reinterpret_cast<share::thread_counters*>(static_cast<std::uintptr_t>(ended.origin));
  const auto host = balance::join(ended.where.ip, ended.where.port);
  // Without a clock read nothing shows whether the agent is alive. That is safe: the next agent takes over what is
  // counted here, and every pick and every timed end, one in at most eleven, still checks.
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
