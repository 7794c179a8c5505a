#include "balance/module_hosts.hpp"

#include <algorithm>

namespace lars::balance {
struct module_hosts::wanted_host {
  host target;
  std::uint32_t position = 0;  // in the list that was given
};

module_hosts::module_hosts(const health_config& config, route_key key, arena& memory, arena& spare)
    : config_(&config), key_(key), spare_(&spare), place_(module_place::in(memory, spare, key, config.probe_num)) {}

void module_hosts::use(const health_config& config) {
  config_ = &config;
  place_.record().probe_num.store(config.probe_num, std::memory_order_relaxed);
}

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
  const auto sorted = sorted_once(wanted.first(std::min<std::size_t>(wanted.size(), table_writer::most_members)));
  make_room(sorted, static_cast<std::uint32_t>(sorted.size()));
  std::vector<member> index;
  std::vector<member> gone;
  std::vector<member> order(wanted.size());
  index.reserve(sorted.size());
  auto old = index_.cbegin();
  for (const auto& [target, position] : sorted) {
    while (old != index_.cend() && old->where < target.where) gone.push_back(*old++);
    const bool stays = old != index_.cend() && old->where == target.where;
    index.push_back(stays ? keep(*old++, target, delta) : join_in(target, now));
    if (!stays) {
      delta.added.push_back(target.where);
      delta.added_slots.push_back(index.back().slot);
    }
    order[position] = index.back();
  }
  gone.insert(gone.end(), old, index_.cend());
  // Generations start at 1: what has none was named twice.
  std::erase_if(order, [](const member& one) { return one.generation == 0; });
  place_.publish(order);
  // Only now: until here a picker could still have been sent to the slots of hosts that go.
  for (const auto& one : gone) leave(one);
  for (const auto& one : gone) {
    delta.removed.push_back(one.where);
    delta.removed_slots.push_back(one.slot);
  }
  index_ = std::move(index);
  order_ = std::move(order);
  store_population();
  return delta;
}

// Before anything changes: where there is no room in this memory the module moves to the spare one.
void module_hosts::make_room(const std::vector<wanted_host>& sorted, std::uint32_t members) {
  std::size_t joining = sorted.size();
  auto old = index_.cbegin();
  for (const auto& one : sorted) {
    while (old != index_.cend() && old->where < one.target.where) ++old;
    if (old != index_.cend() && old->where == one.target.where) --joining;
  }
  const auto slots = slots_.size() + (joining > free_.size() ? joining - free_.size() : 0);
  if (!place_.reserve(members, static_cast<std::uint32_t>(slots))) move(members, static_cast<std::uint32_t>(slots));
}

void module_hosts::move(std::uint32_t members, std::uint32_t slots) {
  module_place next(*spare_, key_, config_->probe_num);
  const auto hosts = std::max<std::uint32_t>(members, static_cast<std::uint32_t>(order_.size()));
  if (&place_.memory() == spare_ || !next.reserve(hosts, slots)) throw std::bad_alloc();
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) next.live().store(slot, place_.live().load(slot));
  next.publish(order_);
  next.record().hosts.store(pack(hosts_), std::memory_order_release);
  place_.record().where.store(static_cast<std::uint64_t>(residence::elsewhere), std::memory_order_release);
  place_ = next;
}

member module_hosts::keep(const member& old, const host& target, host_delta& delta) {
  ++delta.kept;
  auto value = place_.live().load(old.slot);
  const auto weight = static_cast<std::uint16_t>(std::min(target.weight, max_weight));
  if (value.weight != weight || value.state != target.state) {
    delta.changed.push_back(target.where);
    value.weight = weight;
    value.state = target.state;
    place_.live().store(old.slot, value);
  }
  return old;
}

member module_hosts::join_in(const host& target, base::time_point now) {
  const auto slot = take_slot(target.where, now);
  if (++last_generation_ == 0) last_generation_ = 1;
  const auto weight = static_cast<std::uint16_t>(std::min(target.weight, max_weight));
  auto& words = place_.live().raw(slot);
  for (auto* const one : {&words.in_flight, &words.latency, &words.score}) one->store(0, std::memory_order_relaxed);
  place_.live().store(slot, {last_generation_, weight, target.state, verdict::idle});
  return {target.where, slot, last_generation_};
}

std::uint32_t module_hosts::take_slot(endpoint where, base::time_point now) {
  if (free_.empty()) {
    slots_.push_back({where, true, host_window(*config_, now), {}});
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const auto slot = free_.back();
  free_.pop_back();
  slots_[slot] = {where, true, host_window(*config_, now), {}};
  return slot;
}

// A picker with the membership of a moment ago finds a host that takes no calls.
void module_hosts::leave(const member& old) {
  place_.live().store(old.slot, {old.generation, 0, host_state::down, verdict::idle});
  slots_[old.slot].taken = false;
  free_.push_back(old.slot);
}

void module_hosts::store_population() {
  hosts_ = {};
  for (const auto& one : index_) {
    const auto value = place_.live().load(one.slot);
    if (value.takes_calls()) ++(value.health == verdict::idle ? hosts_.idle : hosts_.overloaded);
  }
  place_.record().hosts.store(pack(hosts_), std::memory_order_release);
}

std::optional<std::uint32_t> module_hosts::find_slot(endpoint where, std::uint32_t hint) const {
  if (hint < slots_.size() && slots_[hint].taken && slots_[hint].where == where) return hint;
  const auto found = std::lower_bound(index_.cbegin(), index_.cend(), where,
                                      [](const member& one, const endpoint& wanted) { return one.where < wanted; });
  if (found == index_.cend() || found->where != where) return std::nullopt;
  return found->slot;
}

report_result module_hosts::record(endpoint where, outcome result, base::time_point now) {
  const auto slot = find_slot(where, UINT32_MAX);
  if (!slot) return {};
  return note(*slot, slots_[*slot].window.record(*config_, result, now));
}

report_result module_hosts::record(endpoint where, std::uint32_t hint, const call_batch& calls, base::time_point now) {
  const auto slot = find_slot(where, hint);
  if (!slot) return {};
  return note(*slot, slots_[*slot].window.record(*config_, calls, now));
}

report_result module_hosts::note(std::uint32_t slot, std::optional<verdict> changed) {
  if (changed) {
    auto value = place_.live().load(slot);
    value.health = *changed;
    place_.live().store(slot, value);
    if (value.takes_calls()) {
      const bool returns = *changed == verdict::idle;
      ++(returns ? hosts_.idle : hosts_.overloaded);
      --(returns ? hosts_.overloaded : hosts_.idle);
      place_.record().hosts.store(pack(hosts_), std::memory_order_release);
    }
  }
  return {true, slot, changed};
}

void module_hosts::begin(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  slots_[slot].calls.add(calls, now, lease);
}

void module_hosts::end(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  slots_[slot].calls.end(calls, now, lease);
  reporting_.note(calls, 0);
}

void module_hosts::drop(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  slots_[slot].calls.end(calls, now, lease);
}

void module_hosts::begin_published(std::uint32_t slot, base::time_point now) {
  begin(slot, 1, now);
  publish_load(slot);
}

void module_hosts::end_published(std::uint32_t slot, base::time_point now) {
  end(slot, 1, now);
  publish_load(slot);
}

void module_hosts::publish_load(std::uint32_t slot) {
  const std::uint64_t under_way = reporting_.enough() ? slots_[slot].calls.in_flight() : 0;
  place_.live().raw(slot).in_flight.store(under_way, std::memory_order_relaxed);
}

module_hosts::load_result module_hosts::refresh_load(base::time_point now) {
  load_result all;
  for (auto& one : slots_) {
    all.timeouts += one.calls.expire(now, lease);
    all.in_flight += one.calls.in_flight();
  }
  reporting_.note(0, all.timeouts);
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) publish_load(slot);
  return all;
}

}  // namespace lars::balance
