#include "balance/explanation.hpp"

#include <algorithm>
#include <unordered_map>

#include "balance/pick.hpp"
#include "balance/policy/p2c.hpp"
#include "balance/policy/registry.hpp"

namespace lars::balance {
namespace {

constexpr std::uint32_t most_picks = 1000;
constexpr std::uint32_t least_picks = 50;
constexpr std::uint32_t most_looks = 4'000'000;  // at hosts: some policies look at each of them in a pick

availability availability_of(const live_value& value) {
  if (value.state == host_state::down) return availability::down;
  if (value.state == host_state::drain) return availability::drained;
  if (value.weight == 0) return availability::weightless;
  return value.health == verdict::ejected ? availability::ejected : availability::in;
}

drawing draws_of(const policy_definition& policy, bool by_weight) {
  return policy.draws == drawing::evenly && by_weight ? drawing::by_weight : policy.draws;
}

// What a member's entry weighs in a draw. A host that is out is drawn in vain.
double draw_weight(const table_view& table, std::uint32_t index, drawing how) {
  if (availability_of(table.live(table.at(index).slot)) != availability::in) return 0;
  return how == drawing::by_weight ? table.weight_at(index).weight : 1;
}

void add_score(const choice& of, const candidate& one, const policy_definition& policy, host_explanation& to) {
  if (to.available != availability::in || policy.score == nullptr) return;
  to.score = policy.score(of, one);
  to.awaited = to.score && *to.score >= out_of_reach;
  if (to.awaited) to.score.reset();
}

host_explanation explain_host(const module_state& hosts, const choice& of, const candidate& one) {
  const auto& policy = *of.own.policy;
  const auto value = one.value();
  const auto& window = hosts.window(one.slot());
  host_explanation made;
  made.where = one.host();
  made.state = value.state;
  made.weight = value.weight;
  made.zone = hosts.zone(one.slot());
  made.health = value.health;
  made.successes = window.successes();
  made.failures = window.failures();
  made.available = availability_of(value);
  made.calls = one.live->in_flight.load(std::memory_order_relaxed);
  made.latency_ns = one.live->latency.load(std::memory_order_relaxed);
  if (policy.counts_failures)
    made.failure_calls = static_cast<double>(one.live->score.load(std::memory_order_relaxed)) / 1024;
  if (policy.weights == weight_source::load ||
      (policy.weights == weight_source::load_where_reported && hosts.policy().follow_reports))
    made.load_weight = hosts.signals(one.slot()).weight.value;
  add_score(of, one, policy, made);
  return made;
}

}  // namespace

explanation explain(const module_state& hosts, const cursor& own, std::size_t most_hosts, base::time_point now) {
  const auto view = hosts.view();
  const table_view table(view);
  const bool by_weight = table.policy().by_weight;
  const auto& policy = policy_of(table.policy());
  explanation made;
  made.policy = hosts.policy();
  if (policy.mode != nullptr) made.mode = policy.mode(made.policy, by_weight);
  made.reporting = hosts.reporting(now);
  made.callers_report = hosts.callers_report();
  made.hosts = hosts.hosts();
  made.median_ns = table.median_ns();
  made.probe_num = view.probe_num();
  if (made.hosts.ejected > 0)
    made.picks_to_trial = made.probe_num - std::min<std::uint64_t>(own.turns.picks, made.probe_num);
  made.members = table.size();
  const auto how = draws_of(policy, by_weight);
  double all = 0;
  for (std::uint32_t i = 0; i < table.size(); ++i) all += draw_weight(table, i, how);
  cursor scored;
  scored.policy = &policy;
  base::random_source draw(0);  // no score draws
  const picker_counts none;
  const choice of{table, {verdict::idle, {}, none}, scored, 0, draw};
  for (std::uint32_t i = 0; i < std::min<std::size_t>(table.size(), most_hosts); ++i) {
    made.each.push_back(explain_host(hosts, of, table.candidate_at(i)));
    if (how != drawing::in_turn && all > 0 && made.each.back().available == availability::in)
      made.each.back().draw_share = draw_weight(table, i, how) / all;
  }
  return made;
}

void estimate_chances(explanation& of, const module_view& module, const cursor& own, base::random_source& draw) {
  std::unordered_map<endpoint, host_explanation*> by_place;
  for (auto& one : of.each) by_place.emplace(one.where, &one);
  const auto size = static_cast<std::uint32_t>(std::clamp<std::size_t>(of.members, 1, most_looks));
  const auto picks = std::clamp(most_looks / size, least_picks, most_picks);
  cursor copy;
  for (std::uint32_t i = 0; i < picks; ++i) {
    copy = own;
    const auto picked = pick(module, copy, {draw(), {}});
    if (picked.code == pick_code::unreadable || picked.code == pick_code::elsewhere || picked.code == pick_code::gone)
      continue;
    ++of.draws;
    if (picked.code != pick_code::picked) ++of.none;
    const auto found = by_place.find(picked.chosen.where);
    if (picked.code == pick_code::picked && found != by_place.end()) ++found->second->chance;
  }
  if (of.draws == 0) return;
  of.none /= of.draws;
  for (auto& one : of.each) one.chance /= of.draws;
}

}  // namespace lars::balance
