#include "support/fleet_storm.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "balance/policy/registry.hpp"

namespace lars::test {
namespace {

using namespace std::chrono_literals;
using balance::pick_code;

// Longer than any call of a storm, shorter than the lease of a call that is never reported.
constexpr base::duration longest_call = 4s;

constexpr std::array<std::string_view, 13> policies{
    "p2c", "rr", "wrr", "random", "wr", "least_request", "least_conn", "lc", "wlc", "sed", "nq", "ralb", "lars"};

class storm {
public:
  storm(storm_transport& transport, const storm_terms& terms)
      : transport_(transport), terms_(terms), draw_(terms.seed) {}

  storm_result run() {
    for (std::uint32_t i = 0, count = 1 + below(10); i < count; ++i) list_.push_back(any_host());
    distinct();
    apply();
    transport_.use(balance::make_policy(terms_.policy, {}).value());
    refused_in_a_row_.resize(transport_.pickers());
    for (int i = 0; i < terms_.events && result_.wrong.empty(); ++i) one_event();
    while (!calls_.empty() && result_.wrong.empty()) end(calls_.size() - 1);
    pass(100ms);
    if (truth_.under_way() != 0) complain("the test lost a call itself");
    return std::move(result_);
  }

private:
  std::uint32_t below(std::uint32_t bound) { return draw_.below(bound); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

  void one_event() {
    const auto what = below(100);
    if (what < 42)
      pick();
    else if (what < 72)
      end(calls_.empty() ? 0 : below(static_cast<std::uint32_t>(calls_.size())));
    else if (what < 77)
      change_list();
    else if (what < 79)
      transport_.use(any_policy());
    else if (what < 83)
      report_loads();
    else if (what < 84)
      lose();
    else
      pass(std::chrono::milliseconds(10 + below(400)));
  }

  endpoint any_endpoint() { return {1 + below(12), 80}; }
  host any_host() {
    constexpr std::array<std::uint32_t, 8> weights{0, 1, 50, 100, 100, 100, 300, max_weight};
    constexpr std::array states{host_state::drain, host_state::down};
    return {any_endpoint(), weights[below(weights.size())], chance(85) ? host_state::up : states[below(2)]};
  }

  balance::policy_settings any_policy() {
    auto made = balance::make_policy(policies[below(policies.size())], {}).value();
    constexpr std::array<std::uint32_t, 4> choices{0, 2, 3, 64};
    made.choices = choices[below(choices.size())];
    made.follow_reports = chance(70);
    made.window = chance(50) ? 100ms : 3s;
    return made;
  }

  void pick() {
    std::vector<endpoint> exclude;
    for (std::uint32_t i = chance(40) ? 1 + below(6) : 0; i > 0; --i) exclude.push_back(any_endpoint());
    const auto picker = below(transport_.pickers());
    storm_call made;
    made.picker = picker;
    made.began = now_;
    const auto picked = transport_.pick(picker, draw_(), exclude, now_, made);
    ++result_.picks;
    complain(truth_.wrong_pick(transport_.view(), picked, exclude));
    auto& refused = refused_in_a_row_[picker];
    refused = picked.code == pick_code::all_ejected ? refused + 1 : 0;
    result_.refused += refused > 0 ? 1 : 0;
    result_.probes += picked.trial ? 1 : 0;
    if (refused > storm_health.probe_num) complain("no probe for too long");
    if (picked.code != pick_code::picked || !result_.wrong.empty()) return;
    made.host = picked.chosen;
    made.stay = truth_.begin(picked.chosen.where);
    calls_.push_back(made);
  }

  void end(std::size_t index) {
    if (index >= calls_.size()) return;
    const auto ended = std::exchange(calls_[index], calls_.back());
    calls_.pop_back();
    truth_.end(ended.host.where, ended.stay);
    if (terms_.lost_ends != 0 && ++ends_ % terms_.lost_ends == 0) return;
    const bool ill = (ill_ >> (ended.host.where.ip % 64) & 1) != 0;
    const auto how = chance(8) ? call_end::abandoned : ill == chance(90) ? call_end::bad : call_end::good;
    const auto by = chance(30) ? transport_.another(ended.picker, draw_.below(UINT32_MAX)) : ended.picker;
    transport_.end(ended, by, how, chance(20) ? 0 : below(50'000), now_);
  }

  void change_list() {
    const auto what = list_.empty() ? 0 : below(100);
    const auto at = list_.empty() ? 0 : below(static_cast<std::uint32_t>(list_.size()));
    if (what < 40)
      for (auto more = 1 + below(4); more > 0; --more) list_.insert(list_.begin() + at, any_host());
    else if (what < 62)
      list_.erase(list_.begin() + at);
    else if (what < 65)
      list_.clear();
    else if (what < 85)
      list_[at] = changed(list_[at]);
    else
      std::swap(list_[at], list_.front());
    distinct();
    apply();
  }

  host changed(const host& one) {
    const auto other = any_host();
    return {one.where, other.weight, other.state};
  }

  // Of a duplicate host the first counts.
  void distinct() {
    std::vector<host> once;
    for (const auto& one : list_)
      if (std::ranges::find(once, one.where, &host::where) == once.end()) once.push_back(one);
    list_ = std::move(once);
  }

  void apply() {
    truth_.set_hosts(list_);
    transport_.set_hosts(list_, now_);
  }

  void report_loads() {
    const bool everyone = chance(60);
    for (const auto& one : list_)
      if (everyone || chance(30)) transport_.report_load(one.where, {below(100) / 90.0, below(100) * 1.0, 0}, now_);
  }

  void lose() {
    const auto goes = transport_.lose(below(transport_.pickers()), now_);
    std::erase_if(calls_, [&](const storm_call& one) {
      if (!goes(one.picker)) return false;
      truth_.end(one.host.where, one.stay);
      return true;
    });
    for (std::uint32_t picker = 0; picker < refused_in_a_row_.size(); ++picker)
      if (goes(picker)) refused_in_a_row_[picker] = 0;
  }

  // Advances the time and ends long calls that are due.
  void pass(base::duration time) {
    for (std::size_t i = calls_.size(); i-- > 0;)
      if (calls_[i].began + longest_call < now_ + time) end(i);
    if (chance(10)) ill_ = chance(50) ? draw_() & draw_() : chance(50) ? 0 : ~0ull;
    for (const auto until = now_ + time; now_ < until && result_.wrong.empty();) {
      now_ += std::min<base::duration>(until - now_, 100ms);
      const auto sum = transport_.control(now_);
      complain(truth_.wrong_load(transport_.view()));
      if (sum != published_load(transport_.view())) complain("other calls are under way in all than at each host");
      truth_.settle();
    }
  }

  void complain(const std::string& wrong) {
    if (result_.wrong.empty()) result_.wrong = wrong;
  }

  storm_transport& transport_;
  const storm_terms terms_;
  base::random_source draw_;
  base::time_point now_{1000s};
  fleet_truth truth_;
  std::vector<host> list_;
  std::vector<storm_call> calls_;
  std::vector<std::uint32_t> refused_in_a_row_;  // by picker
  std::uint64_t ill_ = 0;                        // a bit a host
  std::uint64_t ends_ = 0;
  storm_result result_;
};

}  // namespace

storm_result run_storm(storm_transport& transport, const storm_terms& terms) { return storm(transport, terms).run(); }

std::span<const std::string_view> storm_policies() { return policies; }

storm_result run_storms(std::uint64_t seeds,
                        const std::function<storm_result(std::string_view policy, std::uint64_t seed)>& storm_of) {
  storm_result all;
  for (const auto policy : storm_policies())
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const auto one = storm_of(policy, seed);
      if (!one.wrong.empty()) all.wrong = std::string(policy) + ", seed " + std::to_string(seed) + ": " + one.wrong;
      all.picks += one.picks;
      all.refused += one.refused;
      all.probes += one.probes;
      if (!all.wrong.empty()) return all;
    }
  return all;
}

}  // namespace lars::test
