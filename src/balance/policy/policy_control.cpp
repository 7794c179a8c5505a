#include "balance/policy/policy_control.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "balance/load/utilization_weights.hpp"

namespace lars::balance {
namespace {

using namespace std::chrono_literals;
constexpr base::duration report_age = 10s;  // a load report is good for so long
constexpr double enough_reports = 0.7;      // share of hosts with such a report at which p2c begins to follow them
constexpr double too_few_reports = 0.5;     // share below which it stops

double base_of(std::uint32_t weight) { return static_cast<double>(weight) / default_weight; }

bool is_weighed(const live_value& value) { return value.takes_calls() && value.health == verdict::idle; }

}  // namespace

void policy_control::use(const policy_settings& settings, const policy_hosts& hosts) {
  if (!any_reported_) reset_weights(hosts);
  settings_ = settings;
  policy_ = &policy_of(settings.kind);
  by_weight_ = false;
}

void policy_control::begin_list(const policy_hosts& before) {
  settled_ =
      std::ranges::any_of(before.members, [&](const member& host) { return before.signals[host.slot].weight.settled; });
}

void policy_control::join(host_signals& host, const lars::host& target) const {
  const bool takes_calls = target.takes_calls();
  host.weight.value = takes_calls ? static_cast<float>(first_weight(base_of(target.weight), settled_, settings_)) : 0;
}

bool policy_control::may_follow_load() const {
  return policy_->weights == weight_source::load_where_reported && settings_.follow_reports;
}

bool policy_control::follows_load() const {
  return policy_->weights == weight_source::load || (may_follow_load() && any_reported_);
}

void policy_control::report_load(host_signals& host, const load_report& load, const policy_hosts& hosts,
                                 base::time_point now) {
  if (!load.known()) return;
  // A policy that follows load only once there is some has ended no window yet. It begins with one that is empty.
  if (!any_reported_ && !follows_load()) reset_weights(hosts);
  any_reported_ = true;
  host.weight.note(load);
  host.reported = now;
}

// To what windows without any report make of them: those of the routes. REQUIRES: no host has told of its load.
void policy_control::reset_weights(const policy_hosts& hosts) const {
  for (const auto& host : hosts.members) {
    const auto value = hosts.value(host);
    hosts.signals[host.slot].weight = {.value = is_weighed(value) ? static_cast<float>(base_of(value.weight)) : 0};
  }
}

policy_control::window_change policy_control::end_window(const policy_hosts& hosts, const population& able,
                                                         base::time_point now) {
  const bool switched = choose_mode(hosts, able, now);
  return {switched, turn_weights(hosts) || switched};
}

std::size_t policy_control::count_reporting(std::span<const member> hosts, host_column<const host_signals> signals,
                                            const live_slot* live, base::time_point now) {
  return static_cast<std::size_t>(std::ranges::count_if(hosts, [&](const member& host) {
    const auto reported = signals[host.slot].reported;
    const auto value = unpack(live[host.slot].value.load(std::memory_order_relaxed));
    return value.takes_calls() && reported != base::time_point() && now - reported < report_age;
  }));
}

// Between the two thresholds the mode stays what it is. True when it changed.
bool policy_control::choose_mode(const policy_hosts& hosts, const population& able, base::time_point now) {
  if (!any_reported_) return false;
  const auto count = std::size_t{able.idle} + able.ejected;
  const double share = count == 0
                           ? 0
                           : static_cast<double>(count_reporting(hosts.members, hosts.signals, hosts.live, now)) /
                                 static_cast<double>(count);
  const bool follows = may_follow_load() && share >= (by_weight_ ? too_few_reports : enough_reports);
  return std::exchange(by_weight_, follows) != follows;
}

// True when weights may have moved.
bool policy_control::turn_weights(const policy_hosts& hosts) const {
  if (!follows_load()) return false;
  std::vector<weighed_host> weighed;
  for (const auto& host : hosts.members) {
    const auto value = hosts.value(host);
    weighed.push_back({&hosts.signals[host.slot].weight, base_of(value.weight), is_weighed(value)});
  }
  turn_window(weighed, settings_);
  return policy_->weights == weight_source::load || by_weight_;
}

published_policy policy_control::published() const {
  return {static_cast<std::uint8_t>(settings_.kind), static_cast<std::uint8_t>(settings_.rule),
          static_cast<std::uint8_t>(settings_.choices), by_weight_, static_cast<std::uint8_t>(policy_->fallback)};
}

std::vector<double> policy_control::weights(const policy_hosts& in_order) const {
  std::vector<double> weights;
  const bool of_route = policy_->weights == weight_source::routes;
  if (!of_route && policy_->weights != weight_source::load && !by_weight_) return weights;
  weights.reserve(in_order.members.size());
  for (const auto& host : in_order.members) {
    const auto value = in_order.value(host);
    const double static_weight = value.takes_calls() ? value.weight : 0;
    weights.push_back(of_route ? static_weight : in_order.signals[host.slot].weight.value);
  }
  return weights;
}

}  // namespace lars::balance
