#include "agent/module.hpp"

#include <utility>

namespace lars::agent {

balance::pick_result module::pick(std::uint64_t draw) {
  const std::lock_guard hold(lock_);
  return balance::pick(hosts_.table(), hosts_.live(), lane_, *health_, draw);
}

balance::report_result module::report(const called& call, balance::outcome result, base::time_point now) {
  const std::lock_guard hold(lock_);
  const auto before = hosts_.hosts();
  const auto judged = hosts_.record(call.where, result, now);
  if (judged.changed) {
    ++(*judged.changed == balance::verdict::overload ? probe_.isolations : probe_.returns);
    note_population(before);
  }
  if (judged.known && counters_ != nullptr) {
    // Read under the lock: a harvest that turned to the other bank has taken it since.
    auto& bank = rows_[judged.slot]->banks[counters_->active_bank()];
    bank.add(result == balance::outcome::success, call.latency_us, call.cost);
    counted_ = true;
  }
  return judged;
}

balance::host_delta module::apply(std::span<const host> wanted, base::time_point now, call_counters* counters) {
  const std::lock_guard hold(lock_);
  const auto before = hosts_.hosts();
  auto delta = hosts_.apply(wanted, now);
  note_population(before);
  counters_ = counters;
  if (counters_ == nullptr) return delta;
  // First those that went: a slot may have gone to another host at once.
  for (const auto slot : delta.removed_slots) counters_->retire(std::exchange(rows_[slot], nullptr));
  for (std::size_t i = 0; i < delta.added.size(); ++i) {
    const auto slot = delta.added_slots[i];
    if (slot >= rows_.size()) rows_.resize(slot + 1);
    rows_[slot] = counters_->take(key_, delta.added[i]);
  }
  return delta;
}

void module::note_population(const balance::population& before) {
  const auto& after = hosts_.hosts();
  const auto change = [](std::uint32_t from, std::uint32_t to) { return std::int64_t{to} - std::int64_t{from}; };
  const auto isolated = change(before.overloaded, after.overloaded);
  probe_.isolated += isolated;
  probe_.hosts += change(before.idle, after.idle) + isolated;
}

void module::use(const balance::health_config& health) {
  const std::lock_guard hold(lock_);
  health_ = &health;
  hosts_.use(health);
}

void module::harvest(unsigned bank, std::vector<proto::call_result>& out, std::vector<call_row*>& rows) {
  const std::lock_guard hold(lock_);
  if (!std::exchange(counted_, false)) return;
  for (std::uint32_t slot = 0; slot < rows_.size(); ++slot) {
    auto* const row = rows_[slot];
    if (row == nullptr) continue;
    // Counted after the harvest began: this host's turn comes with the next one.
    if (!row->banks[1 - bank].empty()) counted_ = true;
    if (row->banks[bank].empty()) continue;
    const auto& window = hosts_.window(slot);
    out.push_back({row->where(), window.successes(), window.failures(), window.state() == balance::verdict::overload,
                   row->banks[bank].sums()});
    rows.push_back(row);
  }
}

bool module::put_hosts(wire::caller_route_encoder& out) {
  const std::lock_guard hold(lock_);
  const auto table = hosts_.table().view();
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.at(i);
    if (hosts_.live().load(one.slot).takes_calls() && !out.add(one.where)) return false;
  }
  return true;
}

bool module::note_use() {
  // The usual case is one load of a line that nobody writes.
  if (usage_.load(std::memory_order_relaxed) == usage::used) return false;
  return usage_.exchange(usage::used, std::memory_order_relaxed) == usage::parked;
}

bool module::take_use() {
  auto expected = usage::quiet;
  if (usage_.compare_exchange_strong(expected, usage::parked, std::memory_order_relaxed)) return false;
  usage_.store(usage::quiet, std::memory_order_relaxed);
  return true;
}

}  // namespace lars::agent
