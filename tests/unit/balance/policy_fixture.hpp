// A module under one policy, on a clock that the test turns: what every policy's tests need.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "balance/module_state.hpp"
#include "balance/pick.hpp"
#include "balance/policy/registry.hpp"
#include "balance/table/heap_arena.hpp"
#include "base/random.hpp"

namespace lars::test {

using namespace std::chrono_literals;

// Hosts are 1:80, 2:80, … Every call is told of at once unless a test begins and ends it itself.
struct policy_bench {
  explicit policy_bench(std::string_view policy, const base::setting_map& parameters = {}) {
    hosts.use(balance::make_policy(policy, parameters).value());
  }

  void set(std::uint32_t count, std::uint32_t weight = 100) {
    list.clear();
    for (std::uint32_t ip = 1; ip <= count; ++ip) list.push_back({{ip, 80}, weight});
    apply();
  }
  void set_weights(const std::vector<std::uint32_t>& weights) {
    list.clear();
    for (std::uint32_t i = 0; i < weights.size(); ++i) list.push_back({{i + 1, 80}, weights[i]});
    apply();
  }
  void apply() { hosts.apply(list, now); }

  balance::pick_result pick() { return balance::pick(hosts.view(), own, {draw(), exclude}); }
  // The ip of the next host, 0 for none.
  std::uint32_t next() {
    const auto picked = pick();
    return picked.code == balance::pick_code::picked ? picked.chosen.where.ip : 0;
  }
  std::map<std::uint32_t, int> count(int picks) {
    std::map<std::uint32_t, int> all;
    for (int i = 0; i < picks; ++i) ++all[next()];
    return all;
  }

  std::uint32_t slot(std::uint32_t ip) const { return hosts.find_slot({ip, 80}, UINT32_MAX).value(); }
  void begin(std::uint32_t ip) { hosts.begin_published(slot(ip), now); }
  void end(std::uint32_t ip) { hosts.end_published(slot(ip), now); }
  void observe(std::uint32_t ip, std::uint64_t latency_us, bool failed = false) {
    hosts.observe(slot(ip), {1, failed ? 1u : 0u, latency_us, latency_us}, now);
  }
  void report(std::uint32_t ip, double utilization) { hosts.report_load(slot(ip), {utilization, 100, 0}, now); }
  void overload(std::uint32_t ip) {
    for (int i = 0; i < 15; ++i) hosts.record({ip, 80}, balance::outcome::failure, now);
  }
  void heal(std::uint32_t ip) {
    for (int i = 0; i < 6; ++i) hosts.record({ip, 80}, balance::outcome::success, now);
  }
  void pass(base::duration time) {
    for (auto step = base::duration(0); step < time; step += 100ms) {
      now += 100ms;
      hosts.refresh_load(now);
      hosts.control(now);
    }
  }

  balance::health_config health;
  base::time_point now{1000s};
  balance::heap_arena memory{1u << 22};
  balance::module_state hosts{health, {1, 1}, memory, memory};
  balance::cursor own;
  base::random_source draw{42};
  std::vector<host> list;
  std::vector<endpoint> exclude;
};

// Pearson's statistic of counts against shares of all picks. Its mean is the number of hosts less one.
inline double chi_square(const std::map<std::uint32_t, int>& counts, const std::map<std::uint32_t, double>& shares,
                         int picks) {
  double sum = 0;
  for (const auto& [ip, share] : shares) {
    const auto found = counts.find(ip);
    const double expected = share * picks;
    const double off = (found == counts.end() ? 0 : found->second) - expected;
    sum += off * off / expected;
  }
  return sum;
}

// What holds for every policy: nothing of nothing, always the only one, weight 0 never, none that is out, the excluded
// only where there is no other, a removed host never, starts that differ between agents.
void check_common_ground(std::string_view policy);

}  // namespace lars::test
