// One thread's counters: what it adds to when it picks and when its calls end.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <lars/types.hpp>
#include <vector>

#include "balance/load/lone_estimate.hpp"
#include "balance/load/picker_counts.hpp"
#include "balance/table/member.hpp"
#include "balance/table/table_view.hpp"
#include "base/random.hpp"
#include "share/counters_format.hpp"
#include "share/dirty_ring_writer.hpp"
#include "share/rounds.hpp"

namespace lars::share {

// A thread's counters for one module: a slot a host, in the order of their first picks. A slot stays its host's for as
// long as the host is a member or has calls under way here.
// Lifetime: its thread state's. Threads: its thread only.
class alignas(64) thread_counters {
public:
  // REQUIRES: `block` is a counters block of the segment with this number, and outlives the counters; likewise the
  // number (which any thread may change) and `dirty_ring`.
  thread_counters(route_key key, block_header& block, const std::atomic<std::uint32_t>& segment, std::uint32_t position,
                  dirty_ring_writer& dirty_ring);
  // A number alone would be gone the moment after.
  thread_counters(route_key key, block_header& block, std::atomic<std::uint32_t>&& segment, std::uint32_t position,
                  dirty_ring_writer& dirty_ring) = delete;

  route_key key() const { return key_; }

  // The place of this host's counters, given it if it has none: the usual case costs one comparison. `room` where all
  // are taken: ask release_unused().
  std::uint32_t index_of(std::uint64_t name, std::uint32_t slot) {
    if (slot < counts_.entries.size() && counts_.entries[slot].where == name && name != 0) [[likely]]
      return slot;
    if (slot < index_by_slot_.size() && index_by_slot_[slot] < capacity_ && notes_[index_by_slot_[slot]].where == name)
      return index_by_slot_[slot];
    return find_or_take(name, slot);
  }
  std::uint32_t index_of(const balance::member& host) {
    return index_of(balance::join(host.where.ip, host.where.port), host.slot);
  }
  std::uint32_t capacity() const { return capacity_; }

  // Takes slots away from hosts that are no members any more, have no calls under way, and of which the agent has had
  // time to learn all. False where there are none.
  bool release_unused(const balance::table_view& members, const rounds& now);

  // Another agent counts other rounds, and gives other slots.
  void forget_rounds();

  void count_pick(std::uint32_t index, std::uint32_t cost, const rounds& now) {
    note_change(index, now);
    add_pick(counts_.entries[index], slots_[index], cost);
  }
  // What a call came to.
  struct call_end {
    bool failed = false;
    std::uint64_t latency_us = 0;
    std::uint32_t cost = 1;
  };
  void count_end(std::uint32_t index, const call_end& call, const rounds& now) {
    note_change(index, now);
    add_end(counts_.entries[index], slots_[index], call);
  }
  // It ended, and nobody knows how.
  void count_dropped(std::uint32_t index, const rounds& now) {
    note_change(index, now);
    --counts_.entries[index].under_way;
    auto& own = slots_[index];
    own.dropped.store(own.dropped.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // The same in as few steps as it takes, where the agent has been told of the host in this round. False where it has
  // not, or the place is not that of this host (any more): nothing is counted. REQUIRES: times_next_end() for an end
  // that was timed, its opposite for one that was not.
  [[gnu::always_inline]] static bool count_reported_pick(balance::picker_entry& note, counter_slot& slot,
                                                         std::uint32_t cost, const rounds& now) {
    if (!is_reported(note, now)) [[unlikely]]
      return false;
    add_pick(note, slot, cost);
    return true;
  }
  [[gnu::always_inline]] bool count_reported_end(std::uint32_t index, std::uint64_t host, const call_end& call,
                                                 const rounds& now) {
    auto& note = counts_.entries[index];
    if (note.where != host || !is_reported(note, now)) [[unlikely]]
      return false;
    auto& slot = slots_[index];
    add_end(note, slot, call);
    if (samples_) note.sample.record(call.latency_us, base::mix64(host ^ slot.ends.load(std::memory_order_relaxed)));
    return true;
  }
  [[gnu::always_inline]] bool count_reported_untimed_end(std::uint32_t index, std::uint64_t host, bool failed,
                                                         std::uint32_t cost, const rounds& now) {
    auto& note = counts_.entries[index];
    if (note.where != host || !is_reported(note, now)) [[unlikely]]
      return false;
    add_end(note, slots_[index], {failed, note.sample.skip(), cost});
    return true;
  }

  // Whether the next call that ends here has to be timed. If not, it is counted with the latency of the last timed one.
  [[gnu::always_inline]] bool times_next_end(std::uint32_t index) const {
    return counts_.entries[index].sample.times_next();
  }
  // Whether a sample of the calls is timed from now on. New counters time all.
  void sample_latencies(bool samples) {
    if (samples_ != samples) [[unlikely]]
      change_sampling(samples);
  }

  // ip 32 | port 32; 0 = nobody's place. REQUIRES: it was given to a host once.
  std::uint64_t host_at(std::uint32_t index) const { return counts_.entries[index].where; }

  // True once a load epoch: the moment to tell what this place's host said of its load.
  bool load_is_due(std::uint32_t index, const rounds& now);

  // What a pick of now knows of these calls. Lifetime: until the next call of anything here.
  const balance::picker_counts& counts(const rounds& now, bool alone) {
    counts_.epoch = now.epoch;
    counts_.alone = alone;
    counts_.round = alone ? 0 : now.published;
    if (alone && measured_.empty()) [[unlikely]]
      measure();
    return counts_;
  }

private:
  // One writer, so no read-modify-write is needed.
  template <class T>
  static void add(std::atomic<T>& count, std::uint64_t more) {
    count.store(static_cast<T>(count.load(std::memory_order_relaxed) + more), std::memory_order_relaxed);
  }

  [[gnu::always_inline]] static void add_pick(balance::picker_entry& note, counter_slot& slot, std::uint32_t cost) {
    ++note.under_way;
    add(slot.cost_in, cost);
    slot.picks.store(slot.picks.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  [[gnu::always_inline]] static void add_end(balance::picker_entry& note, counter_slot& slot, const call_end& call) {
    --note.under_way;
    if (call.failed) add(slot.failures, 1);
    slot.run.store(call.failed ? slot.run.load(std::memory_order_relaxed) + 1 : 0, std::memory_order_relaxed);
    add(slot.latency_us, call.latency_us);
    add(slot.cost, call.cost);
    add(slot.latency[base::latency_bucket_of(call.latency_us)], 1);
    if (call.latency_us > slot.peak_us.load(std::memory_order_relaxed))
      slot.peak_us.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(call.latency_us, UINT32_MAX)),
                         std::memory_order_relaxed);
    // Last: whoever sees this end sees all that it came to.
    slot.ends.store(slot.ends.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // The agent was told of the host in this very round. Two comparisons would be made into one of words in memory, and a
  // processor waits for words that were stored in halves.
  static bool is_reported(const balance::picker_entry& note, const rounds& now) {
    return ((note.tick ^ now.tick) | (note.epoch ^ now.epoch)) == 0;
  }

  void measure();
  void change_sampling(bool samples);
  std::uint32_t find_or_take(std::uint64_t name, std::uint32_t slot);
  std::uint32_t index_named(std::uint64_t name) const;
  void take(std::uint32_t index, std::uint64_t name);

  // Before a count changes: what it was when the agent summed up last is remembered, and the agent is told to look.
  void note_change(std::uint32_t index, const rounds& now) {
    auto& note = counts_.entries[index];
    if (is_reported(note, now)) return;
    if (note.epoch != now.epoch) {
      if (note.epoch / epochs_a_second != now.epoch / epochs_a_second) note.sample.begin_second();
      note.epoch = now.epoch;
      note.base = note.under_way;
      slots_[index].peak_us.store(0, std::memory_order_relaxed);
    }
    if (note.tick == now.tick) return;
    note.tick = now.tick;
    dirty_ring_.add({segment_.load(std::memory_order_relaxed), position_, index});
  }

  static constexpr std::uint32_t epochs_a_second = 10;  // the agent sums up loads so often

  // What each call reads comes first.
  counter_slot* const slots_;
  bool samples_ = false;                      // times a sample of the calls, not all
  balance::picker_counts counts_;             // views of slots_, notes_ and index_by_slot_
  std::vector<balance::picker_entry> notes_;  // by index
  std::vector<std::uint32_t> index_by_slot_;  // by the agent's slot: of hosts whose index is another
  const std::uint32_t capacity_;
  const std::atomic<std::uint32_t>& segment_;
  const std::uint32_t position_;
  const route_key key_;
  dirty_ring_writer& dirty_ring_;
  std::vector<std::uint64_t> load_epochs_;        // by index, as far as loads were told: the epoch + 1, 0 = not yet
  std::vector<balance::lone_estimate> measured_;  // by index, once this thread has picked without an agent
};

// Bytes of a counters block's slots.
constexpr std::uint64_t slots_bytes(std::uint64_t slots) { return slots * sizeof(counter_slot); }

}  // namespace lars::share
