#include "share/lane_writer.hpp"

#include <algorithm>
#include <utility>

namespace lars::share {
namespace {

// Load sums after which the agent has surely learned all: it sweeps over everything once in a hundred, and finds what
// was counted after it had looked in a round of which it had been told.
constexpr std::uint32_t epochs_to_learn = 110;

std::uint64_t name_of(endpoint where) { return balance::join(where.ip, where.port); }

}  // namespace

module_lane::module_lane(route_key key, block_header& block, std::uint32_t segment, std::uint32_t position,
                         news_writer& news)
    : key_(key),
      slots_(reinterpret_cast<lane_slot*>(&block + 1)),
      room_(static_cast<std::uint32_t>(block.count.load(std::memory_order_relaxed))),
      segment_(segment),
      position_(position),
      news_(news) {}

std::uint32_t module_lane::find_or_take(balance::member host) {
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
    if (std::ranges::binary_search(names, host_at(place)) || under_way(place) != 0) continue;
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

bool module_lane::tells_load(std::uint32_t place, const rounds& now) {
  if (place >= load_told_.size()) load_told_.resize(notes_.size());
  const auto epoch = std::uint64_t{now.epoch} + 1;
  return std::exchange(load_told_[place], epoch) != epoch;
}

}  // namespace lars::share
