#include "balance/table/membership.hpp"

#include <algorithm>
#include <utility>

namespace lars::balance {
namespace {

struct listed_host {
  host target;
  std::uint32_t position = 0;  // in the list
};

// By endpoint, each once.
std::vector<listed_host> sort_list(std::span<const host> hosts) {
  std::vector<listed_host> sorted;
  sorted.reserve(hosts.size());
  for (const auto& target : hosts) sorted.push_back({target, static_cast<std::uint32_t>(sorted.size())});
  const auto before = [](const listed_host& a, const listed_host& b) { return a.target.where < b.target.where; };
  if (!std::is_sorted(sorted.begin(), sorted.end(), before)) std::stable_sort(sorted.begin(), sorted.end(), before);
  const auto same = [](const listed_host& a, const listed_host& b) { return a.target.where == b.target.where; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  return sorted;
}

std::uint32_t next_generation(std::uint32_t last) { return last == UINT32_MAX ? 1 : last + 1; }

}  // namespace

membership_change membership::plan(std::span<const host> hosts) const {
  membership_change change;
  change.order.resize(hosts.size());
  change.by_endpoint.reserve(hosts.size());
  change.slots = slots_;
  auto generation = last_generation_;
  auto free = free_.crbegin();
  auto old = by_endpoint_.cbegin();
  for (auto& [target, position] : sort_list(hosts)) {
    while (old != by_endpoint_.cend() && old->where < target.where) change.left.push_back(*old++);
    auto& place = change.order[position];
    if (old != by_endpoint_.cend() && old->where == target.where) {
      place = *old++;
      change.kept.push_back({std::move(target), place});
    } else {
      generation = next_generation(generation);
      place = {target.where, free == free_.crend() ? change.slots++ : *free++, generation};
      change.joined.push_back({std::move(target), place});
    }
    change.by_endpoint.push_back(place);
  }
  change.left.insert(change.left.end(), old, by_endpoint_.cend());
  // Generations start at 1: an entry without one was named twice.
  std::erase_if(change.order, [](const member& entry) { return entry.generation == 0; });
  return change;
}

void membership::commit(membership_change change) {
  const auto reused = change.joined.size() - (change.slots - slots_);
  free_.reserve(free_.size() - reused + change.left.size());
  free_.resize(free_.size() - reused);
  for (const auto& host : change.left) free_.push_back(host.slot);
  by_endpoint_ = std::move(change.by_endpoint);
  order_ = std::move(change.order);
  slots_ = change.slots;
  if (!change.joined.empty()) last_generation_ = change.joined.back().place.generation;
}

std::uint32_t membership::find(endpoint host) const {
  const auto found = std::ranges::lower_bound(by_endpoint_, host, {}, &member::where);
  return found == by_endpoint_.end() || found->where != host ? no_slot : found->slot;
}

}  // namespace lars::balance
