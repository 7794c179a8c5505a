#include "balance/module_state.hpp"

#include <algorithm>
#include <utility>

#include "balance/table/table_view.hpp"
#include "balance/table/weights.hpp"

namespace lars::balance {
namespace {

std::uint16_t published_weight(const host& target) {
  return static_cast<std::uint16_t>(std::min(target.weight, max_weight));
}

}  // namespace

module_state::module_state(const health_config& config, route_key key, arena& memory, arena& spare)
    : live_(nullptr), health_(config), published_(key, config.probe_num, memory, spare) {
  observed_.use(policy_.observed());
}

void module_state::use(const health_config& config) {
  health_.use(config);
  published_.store_probe_num(config.probe_num);
}

bool module_state::use(const policy_settings& policy) {
  if (policy == policy_.settings()) return false;
  if (policy.kind != policy_.settings().kind) published_.clear_scores(static_cast<std::uint32_t>(hosts_.size()));
  policy_.use(policy, policy_view(members_.by_endpoint()));
  observed_.use(policy_.observed());
  return publish_weights();
}

// --- host lists ------------------------------------------------------------------------------------------------------

host_delta module_state::apply(std::span<const host> hosts, base::time_point now) {
  auto change = members_.plan(hosts.first(std::min<std::size_t>(hosts.size(), table_writer::most_members)));
  reserve(change);
  policy_.begin_list(policy_view(members_.by_endpoint()));
  host_delta delta;
  delta.kept = change.kept.size();
  for (auto& [target, place] : change.kept) {
    const bool moved = zones_[place.slot] != target.zone;
    if (moved) zones_[place.slot] = std::move(target.zone);
    if (published_.update(place.slot, published_weight(target), target.state) || moved)
      delta.changed.push_back(target.where);
  }
  for (auto& joining : change.joined) {
    join(joining, now);
    delta.added.push_back(joining.target.where);
    delta.added_slots.push_back(joining.place.slot);
  }
  publish(change.order, weights_of(change.order));
  // Only now: until here a picker could still have been sent to the slots of hosts that leave.
  for (const auto& leaving : change.left) {
    leave(leaving);
    delta.removed.push_back(leaving.where);
    delta.removed_slots.push_back(leaving.slot);
  }
  members_.commit(std::move(change));
  count_hosts();
  return delta;
}

// Before anything changes: there may be no room at all. A call is counted without touching the heap.
void module_state::reserve(const membership_change& change) {
  if (change.slots > hosts_.capacity())
    hosts_.reserve(std::max<std::size_t>(change.slots, hosts_.size() + hosts_.size() / 2));
  listed_.reserve(hosts_.capacity());
  if (change.slots > zones_.size()) zones_.resize(change.slots);
  observed_.reserve(hosts_.capacity());
  published_.begin_list(static_cast<std::uint32_t>(change.by_endpoint.size()), change.slots, members_.in_order());
  live_ = published_.live();
}

void module_state::join(membership_change::placed_host& joining, base::time_point now) {
  auto& [target, place] = joining;
  host_record joined{target.where, health_.open_window(now), true, {}, {}};
  policy_.join(joined.signals, target);
  zones_[place.slot] = std::move(target.zone);
  if (place.slot == hosts_.size()) {
    hosts_.push_back(joined);
  } else {
    auto& record = hosts_[place.slot];
    // The slot may still be listed for the host before.
    joined.calls.listed = record.calls.listed;
    joined.signals.failing = record.signals.failing;
    record = joined;
  }
  published_.join(place.slot, {place.generation, published_weight(target), target.state, verdict::idle},
                  policy_.numbers_changes());
}

void module_state::leave(const member& leaving) {
  published_.leave(leaving);
  calls_.leave(hosts_[leaving.slot].calls);
  hosts_[leaving.slot].taken = false;
}

void module_state::count_hosts() {
  health_.clear_count();
  for (const auto& member : members_.by_endpoint()) health_.count(published_.value(member.slot));
  published_.store_population(health_.hosts());
}

// --- calls -----------------------------------------------------------------------------------------------------------

report_result module_state::record(endpoint host, outcome result, base::time_point now) {
  const auto slot = slot_of(host, no_slot);
  return slot == no_slot ? report_result{} : judged(slot, health_.record(hosts_[slot].window, result, now));
}

report_result module_state::record(std::uint32_t slot, const call_batch& calls, base::time_point now) {
  return judged(slot, health_.record(hosts_[slot].window, calls, now));
}

report_result module_state::judged(std::uint32_t slot, std::optional<verdict> changed) {
  if (changed && published_.store_verdict(slot, *changed, policy_.numbers_changes())) {
    health_.count_change(*changed);
    published_.store_population(health_.hosts());
  }
  return {true, slot, changed};
}

void module_state::begin_published(std::uint32_t slot, base::time_point now) {
  begin(slot, 1, now);
  calls_.publish(hosts_[slot].calls, live_[slot]);
}

void module_state::end_published(std::uint32_t slot, base::time_point now) {
  end(slot, 1, now);
  calls_.publish(hosts_[slot].calls, live_[slot]);
}

void module_state::end_begun(std::uint32_t slot, base::time_point began, base::time_point now) {
  list_if(calls_.end_begun(hosts_[slot].calls, began, now), slot);
  calls_.publish(hosts_[slot].calls, live_[slot]);
}

void module_state::drop_begun(std::uint32_t slot, base::time_point began, base::time_point now) {
  list_if(calls_.drop_begun(hosts_[slot].calls, began, now), slot);
  calls_.publish(hosts_[slot].calls, live_[slot]);
}

// --- once an epoch ----------------------------------------------------------------------------------

module_state::load_result module_state::refresh_load(base::time_point now) {
  const auto timeouts = calls_.refresh(calls_column(), listed_, live_, now);
  return {timeouts, calls_.under_way()};
}

module_state::control_result module_state::control(base::time_point now) {
  observed_.turn_failures(signals_column(), live_, members_.size(), now);
  if (now < window_end_) return {};
  window_end_ = now + policy_.settings().window;
  const auto median = observed_.drift_latencies(members_.by_endpoint(), signals_column(), live_, now);
  if (median) published_.store_median(*median);
  const auto change = policy_.end_window(policy_view(members_.by_endpoint()), health_.hosts(), now);
  return {change.mode, change.publish && publish_weights()};
}

std::vector<weighing> module_state::weights_of(std::span<const member> order) {
  return weigh(policy_.weights(policy_view(order)));
}

void module_state::publish(std::span<const member> order, std::span<const weighing> weights) {
  published_.publish(order, {policy_.published(), weights});
}

// Publishes the same members with the policy's weights of now. True if these differ from what was published.
bool module_state::publish_weights() {
  const auto weights = weights_of(members_.in_order());
  const table_view before(view());
  bool differ = false;
  for (std::uint32_t i = 0; i < before.size() && !differ; ++i)
    differ = before.weight_at(i) != (weights.empty() ? evenly(i) : weights[i]);
  publish(members_.in_order(), weights);
  return differ;
}

void module_state::fetch_changed_ahead(base::time_point now) const {
  for (std::size_t i = 0; i < std::min(listed_.size(), most_ahead); ++i) fetch_ahead(listed_[i]);
  if (now < window_end_) return;
  const auto first = std::min(hosts_.size(), 2 * most_ahead);
  if (policy_.follows_load()) {
    base::fetch_ahead(hosts_.data(), first * sizeof(host_record));
    base::fetch_ahead(live_, first * sizeof(live_slot));
  } else {
    for (std::size_t i = 0; i < first; ++i) base::fetch_ahead(&hosts_[i].signals.latency);
  }
}

std::size_t module_state::reporting(base::time_point now) const {
  const host_column<const host_signals> signals(std::span<const host_record>(hosts_), &host_record::signals);
  return policy_control::count_reporting(members_.by_endpoint(), signals, live_, now);
}

}  // namespace lars::balance
