#include "agent/service/service_state.hpp"

#include <utility>

#include "balance/load/call_id.hpp"

namespace lars::agent {

service_state::service_state(route_key key, const balance::health_config& health, const service_home& home)
    : hosts_(health, key, home.shared, home.spare), key_(key), home_(home) {}

balance::pick_result service_state::pick(const balance::pick_request& wish, base::time_point now) {
  const std::lock_guard hold(lock_);
  const auto picked = balance::pick(hosts_.view(), lane_, wish);
  if (picked.code == balance::pick_code::picked) {
    hosts_.begin_published(picked.chosen.slot, now);
    home_.active.push(*this);
  }
  return picked;
}

balance::report_result service_state::report(reported_call call, balance::outcome result, base::time_point now) {
  std::unique_lock hold(lock_);
  const auto before = hosts_.hosts();
  const auto judged = hosts_.record(call.where, result, now);
  if (!judged.known) return judged;
  end(call, judged.slot, now);
  hosts_.observe(judged.slot, {1, result == balance::outcome::failure ? 1u : 0u, call.latency_us, call.latency_us},
                 now);
  count_verdict(call.where, judged, before);
  if (counters_ != nullptr) {
    // Read active_bank() under the lock: a drain switches banks first and then takes this lock.
    auto& bank = rows_[judged.slot]->banks[counters_->active_bank()];
    bank.add(result == balance::outcome::success, call.latency_us, call.cost);
    counted_ = true;
  }
  hold.unlock();
  if (judged.changed) home_.feed.deliver();
  return judged;
}

// If the host was removed and added again meanwhile, the call is no longer in flight: its removal dropped it.
void service_state::end(reported_call& call, std::uint32_t slot, base::time_point now) {
  const auto id = balance::call_id::decode(call.call_id, now);
  if (!id) return hosts_.end_published(slot, now);
  if (call.cost == 0) call.cost = id->cost;
  if (!id->is_of(hosts_.generation(slot))) return;
  if (call.latency_us == 0)
    call.latency_us =
        static_cast<std::uint32_t>(base::reported_latency_us(static_cast<std::uint64_t>((now - id->began).count())));
  hosts_.end_begun(slot, id->began, now);
}

bool service_state::abandon(const reported_call& call, base::time_point now) {
  const std::lock_guard hold(lock_);
  const auto slot = hosts_.find_slot(call.where, UINT32_MAX);
  if (!slot) return false;
  const auto id = balance::call_id::decode(call.call_id, now);
  if (id && id->is_of(hosts_.generation(*slot))) hosts_.drop_begun(*slot, id->began, now);
  return true;
}

balance::report_result service_state::record(host_calls& calls, base::time_point now) {
  std::unique_lock hold(lock_);
  const auto slot = hosts_.slot_of(calls.where, calls.hint);
  if (slot == balance::module_state::no_slot) return {};
  calls.hint = slot;
  hosts_.count(slot, {calls.picks, calls.ended.calls(), calls.dropped}, now);
  if (calls.ended.calls() > 0)
    hosts_.observe(slot, {calls.ended.calls(), calls.ended.failures, calls.latency_us, calls.peak_us}, now);
  if (hosts_.needs_care(now)) home_.active.push(*this);
  if (calls.ended.calls() == 0) return {true, slot, {}};
  const auto before = hosts_.hosts();
  const auto judged = hosts_.record(slot, calls.ended, now);
  count_verdict(calls.where, judged, before);
  if (counters_ != nullptr) {
    rows_[slot]->banks[counters_->active_bank()].add(calls.sums());
    counted_ = true;
  }
  hold.unlock();
  if (judged.changed) home_.feed.deliver();
  return judged;
}

bool service_state::report_load(endpoint where, const balance::load_report& load, base::time_point now) {
  const std::lock_guard hold(lock_);
  const auto slot = hosts_.find_slot(where, UINT32_MAX);
  if (!slot) return false;
  hosts_.report_load(*slot, load, now);
  home_.active.push(*this);
  return true;
}

void service_state::release_in_flight(endpoint where, std::uint64_t calls, base::time_point now) {
  const std::lock_guard hold(lock_);
  if (const auto slot = hosts_.find_slot(where, UINT32_MAX)) hosts_.drop(*slot, calls, now);
  home_.active.push(*this);
}

bool service_state::refresh_load(base::time_point now) {
  std::unique_lock hold(lock_);
  const auto load = hosts_.refresh_load(now);
  home_.stats.timeouts += load.timeouts;
  const auto controlled = hosts_.control(now);
  if (controlled.mode_switched) ++home_.stats.mode_switches;
  if (controlled.weights_changed) home_.feed.push(key_, weights_change{});
  hold.unlock();
  if (controlled.weights_changed) home_.feed.deliver();
  return load.in_flight > 0;
}

bool service_state::is_idle() {
  const std::lock_guard hold(lock_);
  return hosts_.size() == 0 && hosts_.under_way() == 0;
}

void service_state::retire() {
  const std::lock_guard hold(lock_);
  hosts_.retire();
}

// Under the lock, so that changes are reported in their order.
void service_state::count_verdict(endpoint where, const balance::report_result& judged,
                                  const balance::population& before) {
  if (!judged.changed) return;
  home_.feed.push(key_, verdict_change{where, *judged.changed});
  ++(*judged.changed == balance::verdict::ejected ? home_.stats.isolations : home_.stats.returns);
  count_population(before);
}

balance::host_delta service_state::apply(std::span<const host> hosts, base::time_point now, call_counters* counters,
                                         balance::subset_extent extent) {
  std::unique_lock hold(lock_);
  extent_ = extent;
  const auto before = hosts_.hosts();
  auto delta = hosts_.apply(hosts, now);
  count_population(before);
  if (!delta.empty() && home_.feed.observed()) home_.feed.push(key_, delta);
  counters_ = counters;
  if (counters_ != nullptr) assign_rows(delta);
  hold.unlock();
  if (!delta.empty()) home_.feed.deliver();
  return delta;
}

void service_state::assign_rows(const balance::host_delta& delta) {
  // Removed hosts first: an added host may have reused their slot.
  for (const auto slot : delta.removed_slots) counters_->retire(std::exchange(rows_[slot], nullptr));
  for (std::size_t i = 0; i < delta.added.size(); ++i) {
    const auto slot = delta.added_slots[i];
    if (slot >= rows_.size()) rows_.resize(slot + 1);
    rows_[slot] = counters_->allocate(key_, delta.added[i]);
  }
}

void service_state::count_population(const balance::population& before) {
  const auto& after = hosts_.hosts();
  const auto change = [](std::uint32_t from, std::uint32_t to) { return std::int64_t{to} - std::int64_t{from}; };
  const auto isolated = change(before.ejected, after.ejected);
  home_.stats.isolated += isolated;
  home_.stats.hosts += change(before.idle, after.idle) + isolated;
}

void service_state::use(const module_rules& rules) {
  std::unique_lock hold(lock_);
  hosts_.use(rules.health);
  const bool weights_changed = hosts_.use(rules.policy);
  if (weights_changed) home_.feed.push(key_, weights_change{});
  hold.unlock();
  if (weights_changed) home_.feed.deliver();
}

void service_state::drain(unsigned bank, std::vector<proto::call_result>& out, std::vector<call_row*>& rows) {
  const std::lock_guard hold(lock_);
  if (!std::exchange(counted_, false)) return;
  for (std::uint32_t slot = 0; slot < rows_.size(); ++slot) {
    auto* const row = rows_[slot];
    if (row == nullptr) continue;
    // Calls counted after the drain began belong to the next drain.
    if (!row->banks[1 - bank].empty()) counted_ = true;
    if (row->banks[bank].empty()) continue;
    const auto& window = hosts_.window(slot);
    out.push_back({row->where(), window.successes(), window.failures(), window.state() == balance::verdict::ejected,
                   row->banks[bank].sums()});
    rows.push_back(row);
  }
}

balance::explanation service_state::explain(std::size_t most_hosts, base::random_source draw, base::time_point now) {
  balance::explanation explanation;
  balance::cursor copy;
  balance::module_view view;
  {
    const std::lock_guard hold(lock_);
    explanation = balance::explain(hosts_, lane_, most_hosts, now);
    explanation.subset = extent_;
    copy = lane_;
    view = hosts_.view();
  }
  // Simulate the picks without the lock, which callers need.
  balance::estimate_chances(explanation, view, copy, draw);
  return explanation;
}

bool service_state::encode_hosts(wire::caller_route_encoder& out) {
  const std::lock_guard hold(lock_);
  const balance::table_view table(hosts_.view());
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto member = table.at(i);
    if (table.live(member.slot).takes_calls() && !out.add(member.where)) return false;
  }
  return true;
}

bool service_state::mark_used() {
  // Usually one load of a cache line that no thread writes.
  if (usage_.load(std::memory_order_relaxed) == usage::used) return false;
  return usage_.exchange(usage::used, std::memory_order_relaxed) == usage::parked;
}

bool service_state::consume_use() {
  auto expected = usage::quiet;
  if (usage_.compare_exchange_strong(expected, usage::parked, std::memory_order_relaxed)) return false;
  usage_.store(usage::quiet, std::memory_order_relaxed);
  return true;
}

}  // namespace lars::agent
