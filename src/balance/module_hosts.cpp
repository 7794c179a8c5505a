#include "balance/module_hosts.hpp"

#include <algorithm>
#include <utility>

#include "balance/weights.hpp"

namespace lars::balance {
namespace {

using namespace std::chrono_literals;
constexpr base::duration fresh = 10s;         // a load report is good for so long
constexpr double enough_reports = 0.7;        // share of hosts with a fresh one at which p2c begins to follow them
constexpr double too_few_reports = 0.5;       // and below which it stops
constexpr base::duration least_pause = 50ms;  // between two rounds of control
constexpr base::duration long_pause = 1s;     // after which rates count as if it had been so long
constexpr double faded_rate = 0.001;          // failures a second that are none any more

double base_of(std::uint32_t weight) { return static_cast<double>(weight) / default_weight; }

double seconds_of(base::duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

struct module_hosts::wanted_host {
  host target;
  std::uint32_t position = 0;  // in the list that was given
};

module_hosts::module_hosts(const health_config& config, route_key key, arena& memory, arena& spare)
    : config_(&config), place_(module_place::in(memory, spare, key, config.probe_num)), key_(key), spare_(&spare) {
  follow_terms();
}

void module_hosts::follow_terms() {
  times_calls_ = goes_by_latency(policy_.kind);
  latency_terms_ = {policy_.tau, policy_.error_latency};
}

void module_hosts::use(const policy_settings& policy) {
  if (policy == policy_) return;
  // The word means to each policy what it wrote there itself.
  if (policy.kind != policy_.kind)
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
      place_.live().raw(slot).score.store(0, std::memory_order_relaxed);
  if (!any_reported_) reset_weights();
  policy_ = policy;
  follow_terms();
  by_weight_ = false;
  publish();
}

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
  ++changes_;  // the newcomers' place among them
  const auto sorted = sorted_once(wanted.first(std::min<std::size_t>(wanted.size(), table_writer::most_members)));
  make_room(sorted, static_cast<std::uint32_t>(sorted.size()));
  settled_ = std::ranges::any_of(slots_, [](const slot_state& one) { return one.taken && one.signals.weight.settled; });
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
  order_ = std::move(order);
  publish();
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

// Before anything changes: where there is no room in this memory the module moves to the spare one.
void module_hosts::make_room(const std::vector<wanted_host>& sorted, std::uint32_t members) {
  std::size_t joining = sorted.size();
  auto old = index_.cbegin();
  for (const auto& one : sorted) {
    while (old != index_.cend() && old->where < one.target.where) ++old;
    if (old != index_.cend() && old->where == one.target.where) --joining;
  }
  const auto slots = slots_.size() + (joining > free_.size() ? joining - free_.size() : 0);
  if (slots > slots_.capacity()) slots_.reserve(std::max(slots, slots_.size() + slots_.size() / 2));
  // A call is counted without touching the heap.
  load_changed_.reserve(slots_.capacity());
  failing_.reserve(slots_.capacity());
  if (!place_.reserve(members, static_cast<std::uint32_t>(slots))) move(members, static_cast<std::uint32_t>(slots));
}

void module_hosts::move(std::uint32_t members, std::uint32_t slots) {
  module_place next(*spare_, key_, config_->probe_num);
  const auto hosts = std::max<std::uint32_t>(members, static_cast<std::uint32_t>(order_.size()));
  if (&place_.memory() == spare_ || !next.reserve(hosts, slots)) throw std::bad_alloc();
  next.live().copy(place_.live(), static_cast<std::uint32_t>(slots_.size()));
  next.publish(order_, {});
  next.record().changes.store(changes_, std::memory_order_relaxed);
  next.record().median.store(place_.record().median.load(std::memory_order_relaxed), std::memory_order_relaxed);
  next.record().hosts.store(pack(hosts_), std::memory_order_release);
  left_ = std::make_unique<module_place>(place_);
  place_.leave(residence::elsewhere);
  place_ = next;
}

void module_hosts::retire() {
  if (left_) left_->leave(residence::gone);
  place_.leave(residence::gone);
}

void module_hosts::free_memory() {
  if (left_) left_->free_memory();
  place_.free_memory();
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
  for (auto* const one : {&words.in_flight, &words.latency}) one->store(0, std::memory_order_relaxed);
  words.score.store(policy_.kind == policy_kind::lars ? changes_ : 0, std::memory_order_relaxed);
  place_.live().store(slot, {last_generation_, weight, target.state, verdict::idle});
  slots_[slot].signals.weight.value =
      target.takes_calls() ? static_cast<float>(first_weight(base_of(target.weight), settled_, policy_)) : 0;
  return {target.where, slot, last_generation_};
}

std::uint32_t module_hosts::take_slot(endpoint where, base::time_point now) {
  if (free_.empty()) {
    slots_.push_back({where, host_window(*config_, now), true, false, false, 0, {}, {}});
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const auto slot = free_.back();
  free_.pop_back();
  slots_[slot] = {where, host_window(*config_, now), true, slots_[slot].load_changed, slots_[slot].failing, 0, {}, {}};
  return slot;
}

// A picker with the membership of a moment ago finds a host that takes no calls.
void module_hosts::leave(const member& old) {
  place_.live().store(old.slot, {old.generation, 0, host_state::down, verdict::idle});
  slots_[old.slot].taken = false;
  // Nobody is told how its calls end.
  under_way_ -= slots_[old.slot].calls.in_flight();
  slots_[old.slot].calls = {};
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
  const auto slot = slot_of(where, hint);
  return slot == no_slot ? std::nullopt : std::optional(slot);
}

std::uint32_t module_hosts::slot_of(endpoint where, std::uint32_t hint) const {
  if (hint < slots_.size() && slots_[hint].taken && slots_[hint].where == where) return hint;
  const auto found = std::lower_bound(index_.cbegin(), index_.cend(), where,
                                      [](const member& one, const endpoint& wanted) { return one.where < wanted; });
  return found == index_.cend() || found->where != where ? no_slot : found->slot;
}

report_result module_hosts::record(endpoint where, outcome result, base::time_point now) {
  const auto slot = slot_of(where, no_slot);
  if (slot == no_slot) return {};
  return note(slot, slots_[slot].window.record(*config_, result, now));
}

report_result module_hosts::record(std::uint32_t slot, const call_batch& calls, base::time_point now) {
  return note(slot, slots_[slot].window.record(*config_, calls, now));
}

report_result module_hosts::note(std::uint32_t slot, std::optional<verdict> changed) {
  if (changed) {
    auto value = place_.live().load(slot);
    value.health = *changed;
    // Before the verdict: whoever sees that one change has its number.
    ++changes_;
    if (policy_.kind == policy_kind::lars) place_.live().raw(slot).score.store(changes_, std::memory_order_relaxed);
    place_.live().store(slot, value);
    place_.record().changes.store(changes_, std::memory_order_release);
    if (value.takes_calls()) {
      const bool returns = *changed == verdict::idle;
      ++(returns ? hosts_.idle : hosts_.overloaded);
      --(returns ? hosts_.overloaded : hosts_.idle);
      place_.record().hosts.store(pack(hosts_), std::memory_order_release);
    }
  }
  return {true, slot, changed};
}

// --- calls under way -------------------------------------------------------------------------------------------------

void module_hosts::add_calls(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  if (calls == 0) return;
  const auto before = slots_[slot].calls.in_flight();
  slots_[slot].calls.add(calls, now, lease);
  under_way_ += slots_[slot].calls.in_flight();
  under_way_ -= before;
}

void module_hosts::end_calls(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  if (calls == 0) return;
  const auto before = slots_[slot].calls.in_flight();
  slots_[slot].calls.end(calls, now, lease);
  under_way_ += slots_[slot].calls.in_flight();
  under_way_ -= before;
}

void module_hosts::begin(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  add_calls(slot, calls, now);
  note_load(slot);
}

void module_hosts::end(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  drop(slot, calls, now);
  reporting_.note(calls, 0);
}

void module_hosts::drop(std::uint32_t slot, std::uint64_t calls, base::time_point now) {
  end_calls(slot, calls, now);
  note_load(slot);
}

void module_hosts::count(std::uint32_t slot, const round_calls& calls, base::time_point now) {
  // The usual case: calls are shorter than rounds.
  if (calls.begun == calls.ended && calls.dropped == 0 && slots_[slot].calls.empty())
    return reporting_.note(calls.ended, 0);
  add_calls(slot, calls.begun, now);
  end_calls(slot, calls.ended, now);
  reporting_.note(calls.ended, 0);
  end_calls(slot, calls.dropped, now);
  note_load(slot);
}

void module_hosts::begin_published(std::uint32_t slot, base::time_point now) {
  begin(slot, 1, now);
  publish_load(slot);
}

void module_hosts::end_published(std::uint32_t slot, base::time_point now) {
  end(slot, 1, now);
  publish_load(slot);
}

void module_hosts::end_begun(std::uint32_t slot, base::time_point began, base::time_point now) {
  reporting_.note(1, 0);
  drop_begun(slot, began, now);
}

void module_hosts::drop_begun(std::uint32_t slot, base::time_point began, base::time_point now) {
  under_way_ -= slots_[slot].calls.end_begun(began, now, lease);
  note_load(slot);
  publish_load(slot);
}

// It is to be published at the next refresh, unless it is what is published already.
void module_hosts::note_load(std::uint32_t slot) {
  if (slots_[slot].published_load == load_of(slot)) return;
  if (std::exchange(slots_[slot].load_changed, true)) return;
  load_changed_.push_back(slot);
  any_changed_ = true;
}

void module_hosts::publish_load(std::uint32_t slot) {
  const auto load = load_of(slot);
  if (std::exchange(slots_[slot].published_load, load) == load) return;
  place_.live().raw(slot).in_flight.store(load, std::memory_order_relaxed);
}

// The live value is what was made of the latency before.
void module_hosts::publish_latency(std::uint32_t slot, double before_ns) {
  const auto ns = static_cast<std::uint64_t>(slots_[slot].signals.latency.ns());
  if (ns != static_cast<std::uint64_t>(before_ns)) place_.live().raw(slot).latency.store(ns, std::memory_order_relaxed);
}

// A bucket of a lease lasts a seventh of it: nothing expires between two of them.
std::uint64_t module_hosts::expire_calls(base::time_point now) {
  if (under_way_ == 0 || now < next_expiry_) return 0;
  next_expiry_ = now + lease / static_cast<base::duration::rep>(lease_ring::buckets - 1);
  std::uint64_t expired = 0;
  under_way_ = 0;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const auto gone = slots_[slot].calls.expire(now, lease);
    under_way_ += slots_[slot].calls.in_flight();
    expired += gone;
    if (gone > 0) note_load(slot);
  }
  return expired;
}

module_hosts::load_result module_hosts::refresh_load(base::time_point now) {
  const auto timeouts = expire_calls(now);
  reporting_.note(0, timeouts);
  if (std::exchange(reported_load_, reporting_.enough()) != reporting_.enough())
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) note_load(slot);
  for (const auto slot : load_changed_) {
    slots_[slot].load_changed = false;
    publish_load(slot);
  }
  load_changed_.clear();
  any_changed_ = false;
  return {timeouts, under_way_};
}

// --- policies --------------------------------------------------------------------------------------------------------

bool module_hosts::follows_load() const {
  return policy_.kind == policy_kind::ralb ||
         (policy_.kind == policy_kind::p2c && policy_.follow_reports && any_reported_);
}

void module_hosts::publish() {
  if (!place_.has_room()) return;  // it has had no hosts yet
  const published_policy published{static_cast<std::uint8_t>(policy_.kind), static_cast<std::uint8_t>(policy_.rule),
                                   static_cast<std::uint8_t>(policy_.choices), by_weight_};
  std::vector<double> weights;
  const bool is_static =
      policy_.kind == policy_kind::weighted_random || policy_.kind == policy_kind::weighted_round_robin;
  if (is_static || policy_.kind == policy_kind::ralb || by_weight_)
    for (const auto& one : order_) {
      const auto value = place_.live().load(one.slot);
      const double of_route = value.takes_calls() ? value.weight : 0;
      weights.push_back(is_static ? of_route : slots_[one.slot].signals.weight.value);
    }
  const auto weighed = weigh(weights);
  place_.publish(order_, {published, weighed});
}

void module_hosts::observe(std::uint32_t slot, const observation& calls, base::time_point now) {
  auto& signals = slots_[slot].signals;
  signals.weight.note(calls.ends, calls.failures);
  if (!times_calls_) return;
  const auto before = signals.latency.ns();
  signals.latency.observe(calls, latency_terms_, now);
  publish_latency(slot, before);
  if (calls.failures == 0) return;
  signals.failures += static_cast<std::uint32_t>(calls.failures);
  if (!std::exchange(slots_[slot].failing, true)) failing_.push_back(slot);
  any_failing_ = true;
}

void module_hosts::report_load(std::uint32_t slot, const load_report& load, base::time_point now) {
  if (!load.known()) return;
  // Whoever follows load only once there is some has turned no window yet, and begins with one that is empty.
  if (!any_reported_ && !follows_load()) reset_weights();
  any_reported_ = true;
  slots_[slot].signals.weight.note(load);
  slots_[slot].signals.reported = now;
}

// What windows without any report make of weights: those of the routes. REQUIRES: no host has told of its load.
void module_hosts::reset_weights() {
  for (const auto& one : index_) {
    const auto value = place_.live().load(one.slot);
    const bool weighs = value.takes_calls() && value.health == verdict::idle;
    slots_[one.slot].signals.weight = {.value = weighs ? static_cast<float>(base_of(value.weight)) : 0};
  }
}

bool module_hosts::control(base::time_point now) {
  if (!failing_.empty() && now - failures_turned_ >= least_pause) turn_failures(now);
  if (now < window_end_) return false;
  window_end_ = now + policy_.window;
  if (times_calls_) drift_latencies(now);
  const bool switched = choose_mode(now);
  if (turn_weights() || switched) publish();
  return switched;
}

// What recent failures count for, in calls: those beyond twice what the other hosts show, and whole calls alone. Calls
// under way are few, so less would decide between most hosts, on noise; and where all fail alike none is to be avoided.
void module_hosts::turn_failures(base::time_point now) {
  const double seconds = seconds_of(std::min(now - failures_turned_, long_pause));
  failures_turned_ = now;
  double sum = 0;
  for (const auto slot : failing_) {
    slots_[slot].signals.turn_failures(seconds, seconds_of(policy_.window));
    sum += slots_[slot].signals.failure_rate;
  }
  const auto other_hosts = static_cast<double>(std::max<std::size_t>(index_.size(), 2) - 1);
  std::erase_if(failing_, [&](std::uint32_t slot) {
    auto& signals = slots_[slot].signals;
    const double others = (sum - signals.failure_rate) / other_hosts;
    const double calls = std::max(signals.failure_rate - 2 * others, 0.0) * seconds_of(policy_.error_latency);
    if (policy_.kind == policy_kind::p2c)
      place_.live().raw(slot).score.store(static_cast<std::uint64_t>(calls) * 1024, std::memory_order_relaxed);
    slots_[slot].failing = signals.failure_rate > faded_rate;
    if (!slots_[slot].failing) signals.failure_rate = 0;
    return !slots_[slot].failing;
  });
  any_failing_ = !failing_.empty();
}

// Latencies of hosts that nobody called drift towards the median of those that are known, which also stands for hosts
// of which nothing is.
void module_hosts::drift_latencies(base::time_point now) {
  std::vector<float> known;
  known.reserve(index_.size());
  for (const auto& one : index_)
    if (slots_[one.slot].signals.latency.known())
      known.push_back(static_cast<float>(slots_[one.slot].signals.latency.ns()));
  double median = 0;
  if (!known.empty()) {
    const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
    std::nth_element(known.begin(), middle, known.end());
    median = *middle;
  }
  for (const auto& one : index_) {
    auto& latency = slots_[one.slot].signals.latency;
    const auto before = latency.ns();
    latency.drift(median, latency_terms_, now);
    publish_latency(one.slot, before);
  }
  place_.record().median.store(static_cast<std::uint64_t>(median), std::memory_order_relaxed);
}

std::size_t module_hosts::reporting(base::time_point now) const {
  return static_cast<std::size_t>(std::ranges::count_if(index_, [&](const member& one) {
    const auto reported = slots_[one.slot].signals.reported;
    return place_.live().load(one.slot).takes_calls() && reported != base::time_point() && now - reported < fresh;
  }));
}

// Between the two thresholds the mode stays what it is. True when it changed.
bool module_hosts::choose_mode(base::time_point now) {
  if (!any_reported_) return false;
  const auto able = std::size_t{hosts_.idle} + hosts_.overloaded;
  const double share = able == 0 ? 0 : static_cast<double>(reporting(now)) / static_cast<double>(able);
  const bool wanted = policy_.kind == policy_kind::p2c && policy_.follow_reports &&
                      share >= (by_weight_ ? too_few_reports : enough_reports);
  return std::exchange(by_weight_, wanted) != wanted;
}

// True when weights may have moved.
bool module_hosts::turn_weights() {
  if (!follows_load()) return false;
  std::vector<weighed_host> hosts;
  for (const auto& one : index_) {
    const auto value = place_.live().load(one.slot);
    hosts.push_back({&slots_[one.slot].signals.weight, base_of(value.weight),
                     value.takes_calls() && value.health == verdict::idle});
  }
  turn_window(hosts, policy_);
  return policy_.kind == policy_kind::ralb || by_weight_;
}

}  // namespace lars::balance
