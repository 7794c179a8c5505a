#include "balance/module_hosts.hpp"

#include <algorithm>

namespace lars::balance {

struct module_hosts::wanted_host {
  host target;
  std::uint32_t position = 0;  // in the list that was given
};

std::vector<module_hosts::wanted_host> module_hosts::sorted_once(std::span<const host> wanted) const {
  std::vector<wanted_host> sorted;
  sorted.reserve(wanted.size());
  for (const auto& target : wanted) sorted.push_back({target, static_cast<std::uint32_t>(sorted.size())});
  const auto by_place = [](const wanted_host& a, const wanted_host& b) { return a.target.where < b.target.where; };
  if (!std::is_sorted(sorted.begin(), sorted.end(), by_place)) std::stable_sort(sorted.begin(), sorted.end(), by_place);
  const auto same_place = [](const wanted_host& a, const wanted_host& b) { return a.target.where == b.target.where; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same_place), sorted.end());
  return sorted;
}

host_delta module_hosts::apply(std::span<const host> wanted, base::time_point now) {
  host_delta delta;
  const auto sorted = sorted_once(wanted.first(std::min<std::size_t>(wanted.size(), module_table::most_members)));
  std::vector<member> index;
  std::vector<member> gone;
  std::vector<member> order(wanted.size());
  index.reserve(sorted.size());
  auto old = index_.cbegin();
  for (const auto& [target, position] : sorted) {
    while (old != index_.cend() && old->where < target.where) gone.push_back(*old++);
    const bool stays = old != index_.cend() && old->where == target.where;
    index.push_back(stays ? keep(*old++, target, delta) : join(target, now));
    if (!stays) {
      delta.added.push_back(target.where);
      delta.added_slots.push_back(index.back().slot);
    }
    order[position] = index.back();
  }
  gone.insert(gone.end(), old, index_.cend());
  // Generations start at 1: what has none was named twice.
  std::erase_if(order, [](const member& one) { return one.generation == 0; });
  table_.publish(order);
  // Only now: until here a picker could still have been sent to the slots of hosts that go.
  for (const auto& one : gone) leave(one);
  for (const auto& one : gone) {
    delta.removed.push_back(one.where);
    delta.removed_slots.push_back(one.slot);
  }
  index_ = std::move(index);
  store_population();
  return delta;
}

member module_hosts::keep(const member& old, const host& target, host_delta& delta) {
  ++delta.kept;
  auto value = live_.load(old.slot);
  const auto weight = static_cast<std::uint16_t>(std::min(target.weight, max_weight));
  if (value.weight != weight || value.state != target.state) {
    delta.changed.push_back(target.where);
    value.weight = weight;
    value.state = target.state;
    live_.store(old.slot, value);
  }
  return old;
}

member module_hosts::join(const host& target, base::time_point now) {
  const auto slot = take_slot(now);
  if (++last_generation_ == 0) last_generation_ = 1;
  const auto weight = static_cast<std::uint16_t>(std::min(target.weight, max_weight));
  live_.store(slot, {last_generation_, weight, target.state, verdict::idle});
  return {target.where, slot, last_generation_};
}

std::uint32_t module_hosts::take_slot(base::time_point now) {
  if (!free_.empty()) {
    const auto slot = free_.back();
    free_.pop_back();
    windows_[slot] = host_window(*config_, now);
    return slot;
  }
  windows_.emplace_back(*config_, now);
  live_.reserve(static_cast<std::uint32_t>(windows_.size()));
  return static_cast<std::uint32_t>(windows_.size() - 1);
}

// A picker with the membership of a moment ago finds a host that takes no calls.
void module_hosts::leave(const member& old) {
  live_.store(old.slot, {old.generation, 0, host_state::down, verdict::idle});
  free_.push_back(old.slot);
}

void module_hosts::store_population() {
  hosts_ = {};
  for (const auto& one : index_) {
    const auto value = live_.load(one.slot);
    if (value.takes_calls()) ++(value.health == verdict::idle ? hosts_.idle : hosts_.overloaded);
  }
  live_.store_hosts(hosts_);
}

report_result module_hosts::record(endpoint where, outcome result, base::time_point now) {
  const auto found = std::lower_bound(index_.cbegin(), index_.cend(), where,
                                      [](const member& one, const endpoint& wanted) { return one.where < wanted; });
  if (found == index_.cend() || found->where != where) return {};
  const auto changed = windows_[found->slot].record(*config_, result, now);
  if (changed) {
    auto value = live_.load(found->slot);
    value.health = *changed;
    live_.store(found->slot, value);
    if (value.takes_calls()) {
      const bool returns = *changed == verdict::idle;
      ++(returns ? hosts_.idle : hosts_.overloaded);
      --(returns ? hosts_.overloaded : hosts_.idle);
      live_.store_hosts(hosts_);
    }
  }
  return {true, found->slot, changed};
}

}  // namespace lars::balance
