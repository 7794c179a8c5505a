#include "share/thread_counters.hpp"

#include <algorithm>
#include <utility>

namespace lars::share {
namespace {

// Epochs after which the agent has surely read a slot. It sweeps over every slot once in a hundred, and so finds counts
// that were added after it had read the slot in the same tick.
constexpr std::uint32_t epochs_to_learn = 110;

std::uint64_t name_of(endpoint where) { return balance::join(where.ip, where.port); }

}  // namespace

thread_counters::thread_counters(route_key key, block_header& block, const std::atomic<std::uint32_t>& segment,
                                 std::uint32_t position, dirty_ring_writer& dirty_ring)
    : slots_(reinterpret_cast<counter_slot*>(&block + 1)),
      notes_(block.count.load(std::memory_order_relaxed)),
      capacity_(static_cast<std::uint32_t>(notes_.size())),
      segment_(segment),
      position_(position),
      key_(key),
      dirty_ring_(dirty_ring) {
  counts_.slots = slots_;
  counts_.entries = notes_;
}

std::uint32_t thread_counters::index_named(std::uint64_t name) const {
  const auto found = std::ranges::find(notes_, name, &balance::picker_entry::where);
  return static_cast<std::uint32_t>(found - notes_.begin());
}

// Allocates an unused index.
void thread_counters::take(std::uint32_t index, std::uint64_t name) {
  slots_[index].run.store(0, std::memory_order_relaxed);
  slots_[index].where.store(name, std::memory_order_release);
  notes_[index] = {.where = name, .seen = {}};
  if (index < load_epochs_.size()) load_epochs_[index] = 0;
}

// An index equal to the host's slot is the fastest to find, so the host gets that one where it is free.
std::uint32_t thread_counters::find_or_take(std::uint64_t name, std::uint32_t slot) {
  if (slot >= most_slots || name == 0) return capacity_;
  auto index = index_named(name);
  if (index == capacity_) {
    index = slot < capacity_ && notes_[slot].where == 0 ? slot : index_named(0);
    if (index == capacity_) return capacity_;
    take(index, name);
  }
  if (index == slot) return index;
  if (slot >= index_by_slot_.size()) index_by_slot_.resize(slot + 1, UINT32_MAX);
  index_by_slot_[slot] = index;
  counts_.positions = index_by_slot_;
  return index;
}

bool thread_counters::release_unused(const balance::table_view& members, const rounds& now) {
  std::vector<std::uint64_t> names;
  for (std::uint32_t i = 0; i < members.size(); ++i) names.push_back(name_of(members.at(i).where));
  std::ranges::sort(names);
  bool made = false;
  for (std::uint32_t index = 0; index < capacity_; ++index) {
    auto& note = notes_[index];
    if (note.where == 0 || std::ranges::binary_search(names, note.where) || note.under_way != 0) continue;
    if (now.epoch - note.epoch < epochs_to_learn) continue;
    // Unused until the next host without an index takes it.
    note = {};
    slots_[index].where.store(0, std::memory_order_release);
    made = true;
  }
  return made;
}

// From now on this thread measures latencies itself.
void thread_counters::measure() {
  measured_.resize(capacity_);
  counts_.measured = measured_;
}

void thread_counters::change_sampling(bool samples) {
  samples_ = samples;
  for (auto& note : notes_) note.sample.begin_second();
}

void thread_counters::forget_rounds() {
  measured_.clear();
  counts_.measured = {};
  for (auto& note : notes_) note = {.where = note.where, .under_way = note.under_way, .seen = {}};
  index_by_slot_.clear();
  counts_.positions = {};
  load_epochs_.clear();
}

bool thread_counters::load_is_due(std::uint32_t index, const rounds& now) {
  if (index >= load_epochs_.size()) load_epochs_.resize(notes_.size());
  const auto epoch = std::uint64_t{now.epoch} + 1;
  return std::exchange(load_epochs_[index], epoch) != epoch;
}

}  // namespace lars::share
