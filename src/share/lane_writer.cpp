#include "share/lane_writer.hpp"

#include <algorithm>
#include <utility>

namespace lars::share {
namespace {

// Load sums after which the agent has surely learned all: it sweeps over everything once in a hundred, and finds what
// was counted after it had looked in a round of which it had been told.
constexpr std::uint32_t epochs_to_learn = 110;

// One writer, so no read-modify-write is needed.
template <class T>
void add(std::atomic<T>& count, std::uint64_t more) {
  count.store(static_cast<T>(count.load(std::memory_order_relaxed) + more), std::memory_order_relaxed);
}

std::uint64_t name_of(endpoint where) { return balance::join(where.ip, where.port); }

std::int32_t under_way(const lane_slot& own) {
  return static_cast<std::int32_t>(own.picks.load(std::memory_order_relaxed) -
                                   own.ends.load(std::memory_order_relaxed) -
                                   own.dropped.load(std::memory_order_relaxed));
}

}  // namespace

module_lane::module_lane(route_key key, block_header& block, std::uint32_t segment, std::uint32_t position,
                         news_writer& news)
    : key_(key),
      slots_(reinterpret_cast<lane_slot*>(&block + 1)),
      room_(static_cast<std::uint32_t>(block.count.load(std::memory_order_relaxed))),
      segment_(segment),
      position_(position),
      news_(news) {}

std::uint32_t module_lane::find_or_take(const balance::member& host) {
  if (host.slot >= most_slots) return room_;
  const auto name = name_of(host.where);
  std::uint32_t place = 0;
  while (place < notes_.size() && host_at(place) != name) ++place;
  if (place == room_) return room_;
  if (place == notes_.size()) {
    slots_[place].where.store(name, std::memory_order_release);
    notes_.emplace_back();
  }
  if (host.slot >= places_.size()) places_.resize(host.slot + 1, UINT32_MAX);
  places_[host.slot] = place;
  return place;
}

bool module_lane::make_room(const balance::table_view& members, const rounds& now) {
  std::vector<std::uint64_t> names;
  for (std::uint32_t i = 0; i < members.size(); ++i) names.push_back(name_of(members.at(i).where));
  std::ranges::sort(names);
  bool made = false;
  for (std::uint32_t place = 0; place < notes_.size(); ++place) {
    if (std::ranges::binary_search(names, host_at(place)) || under_way(slots_[place]) != 0) continue;
    if (now.epoch - notes_[place].epoch < epochs_to_learn) continue;
    // The next member without a place of its own is its host from now on; until then it is nobody's.
    slots_[place].where.store(0, std::memory_order_release);
    made = true;
  }
  for (auto name : names) {
    std::uint32_t place = 0;
    while (place < notes_.size() && host_at(place) != name) ++place;
    if (place < notes_.size()) continue;
    for (place = 0; place < notes_.size() && host_at(place) != 0;) ++place;
    if (place == notes_.size()) break;
    slots_[place].where.store(name, std::memory_order_release);
    slots_[place].run.store(0, std::memory_order_relaxed);
    notes_[place] = {};
    if (place < load_told_.size()) load_told_[place] = 0;
  }
  return made;
}

void module_lane::forget_rounds() {
  for (auto& note : notes_) note = {};
  places_.clear();
  load_told_.clear();
}

// Before a count changes: what it was when the agent summed up last is remembered, and the agent is told to look.
void module_lane::note_change(std::uint32_t place, const rounds& now) {
  auto& note = notes_[place];
  if (note.epoch != now.epoch) {
    note.epoch = now.epoch;
    note.base = under_way(slots_[place]);
    slots_[place].peak_us.store(0, std::memory_order_relaxed);
  }
  if (note.tick == now.tick) return;
  note.tick = now.tick;
  news_.add({segment_, position_, place});
}

void module_lane::count_pick(std::uint32_t place, std::uint32_t cost, const rounds& now) {
  note_change(place, now);
  auto& own = slots_[place];
  add(own.cost_in, cost);
  own.picks.store(own.picks.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void module_lane::count_end(std::uint32_t place, const call_end& call, const rounds& now) {
  note_change(place, now);
  auto& own = slots_[place];
  if (call.failed) add(own.failures, 1);
  own.run.store(call.failed ? own.run.load(std::memory_order_relaxed) + 1 : 0, std::memory_order_relaxed);
  add(own.latency_us, call.latency_us);
  add(own.cost, call.cost);
  add(own.latency[base::latency_bucket_of(call.latency_us)], 1);
  if (call.latency_us > own.peak_us.load(std::memory_order_relaxed))
    own.peak_us.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(call.latency_us, UINT32_MAX)),
                      std::memory_order_relaxed);
  // Last: whoever sees this end sees all that it came to.
  own.ends.store(own.ends.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void module_lane::count_dropped(std::uint32_t place, const rounds& now) {
  note_change(place, now);
  auto& own = slots_[place];
  own.dropped.store(own.dropped.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

bool module_lane::tells_load(std::uint32_t place, const rounds& now) {
  if (place >= load_told_.size()) load_told_.resize(notes_.size());
  const auto epoch = std::uint64_t{now.epoch} + 1;
  return std::exchange(load_told_[place], epoch) != epoch;
}

}  // namespace lars::share
