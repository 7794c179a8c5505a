// The counters of one thread for one module: raised at each pick and at each end of a call.
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

// One slot a host, in the order of the first picks. A slot belongs to its host while the host is a member or has calls
// in flight here.
// Lifetime: its thread state's. Threads: its thread only.
class alignas(64) thread_counters {
public:
  // REQUIRES: `block` is a counters block of the segment whose number is `segment` (any thread may change the number);
  // block, number and `dirty_ring` outlive this.
  thread_counters(route_key key, block_header& block, const std::atomic<std::uint32_t>& segment, std::uint32_t position,
                  dirty_ring_writer& dirty_ring);
  // A temporary would be gone at once.
  thread_counters(route_key key, block_header& block, std::atomic<std::uint32_t>&& segment, std::uint32_t position,
                  dirty_ring_writer& dirty_ring) = delete;

  route_key key() const { return key_; }

  // The index of this host's counters, allocated if it has none; usually one comparison. capacity() where all are in
  // use: call release_unused().
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

  // Frees slots of hosts that are no longer members, have no calls in flight, and whose counts the agent has had time
  // to read. False where there are none.
  bool release_unused(const balance::table_view& members, const rounds& now);

  // Another agent is attached, with other rounds and slots.
  void forget_rounds();

  void count_pick(std::uint32_t index, std::uint32_t cost, const rounds& now) {
    note_change(index, now);
    add_pick(counts_.entries[index], slots_[index], cost);
  }
  // The result of a call.
  struct call_end {
    bool failed = false;
    std::uint64_t latency_us = 0;
    std::uint32_t cost = 1;
  };
  void count_end(std::uint32_t index, const call_end& call, const rounds& now) {
    note_change(index, now);
    add_end(counts_.entries[index], slots_[index], call);
  }
  // The call ended without an outcome.
  void count_dropped(std::uint32_t index, const rounds& now) {
    note_change(index, now);
    --counts_.entries[index].under_way;
    auto& own = slots_[index];
    own.dropped.store(own.dropped.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Fast paths, for a host whose slot is in the dirty ring in this round already. False where it is not, or where the
  // index belongs to another host; nothing is counted then. REQUIRES: times_next_end() for a timed end, its opposite
  // for an untimed one.
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

  // Whether the next end here must be timed. If not, it counts with the latency of the last timed one.
  [[gnu::always_inline]] bool times_next_end(std::uint32_t index) const {
    return counts_.entries[index].sample.times_next();
  }
  // Sets whether a sample of the calls is timed. New counters time every call.
  void sample_latencies(bool samples) {
    if (samples_ != samples) [[unlikely]]
      change_sampling(samples);
  }

  // ip 32 | port 32; 0 = unused. REQUIRES: `index` was allocated once.
  std::uint64_t host_at(std::uint32_t index) const { return counts_.entries[index].where; }

  // True once an epoch: then a load report of this host is due.
  bool load_is_due(std::uint32_t index, const rounds& now);

  // This picker's counts for a pick made now. Valid until the next call of any function here.
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
    // Last: a reader that sees this end sees its whole result.
    slot.ends.store(slot.ends.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Whether the slot is in the dirty ring of this round. With two comparisons the compiler would load both halves as
  // one word, which stalls while they are still in the store buffer.
  static bool is_reported(const balance::picker_entry& note, const rounds& now) {
    return ((note.tick ^ now.tick) | (note.epoch ^ now.epoch)) == 0;
  }

  void measure();
  void change_sampling(bool samples);
  std::uint32_t find_or_take(std::uint64_t name, std::uint32_t slot);
  std::uint32_t index_named(std::uint64_t name) const;
  void take(std::uint32_t index, std::uint64_t name);

  // Before a count changes: saves its value at the start of this epoch, and adds the slot to the dirty ring once a
  // tick.
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

  static constexpr std::uint32_t epochs_a_second = 10;  // the agent's epochs

  // First what every call reads.
  counter_slot* const slots_;
  bool samples_ = false;                      // times a sample of the calls, not all
  balance::picker_counts counts_;             // views of slots_, notes_ and index_by_slot_
  std::vector<balance::picker_entry> notes_;  // by index
  std::vector<std::uint32_t> index_by_slot_;  // by the agent's slot: for hosts whose index differs from it
  const std::uint32_t capacity_;
  const std::atomic<std::uint32_t>& segment_;
  const std::uint32_t position_;
  const route_key key_;
  dirty_ring_writer& dirty_ring_;
  std::vector<std::uint64_t> load_epochs_;        // by index: the epoch + 1 of the last load report; 0 = none yet
  std::vector<balance::lone_estimate> measured_;  // by index, once this thread has picked without an agent
};

// Bytes of the slots of a counters block.
constexpr std::uint64_t slots_bytes(std::uint64_t slots) { return slots * sizeof(counter_slot); }

}  // namespace lars::share
