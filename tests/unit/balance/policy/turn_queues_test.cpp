// The policy lars against its two queues, kept as lists.
#include "balance/policy/turn_queues.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>

#include "unit/balance/policy_fixture.hpp"

namespace lars::turn_queues_test {

using namespace lars::test;
using balance::verdict;

namespace {

// What the original does with its lists, event by event.
struct two_lists {
  std::list<std::uint32_t> idle, overloaded;

  std::list<std::uint32_t>& of(bool over) { return over ? overloaded : idle; }
  void come(std::uint32_t ip) { idle.push_back(ip); }
  void go(std::uint32_t ip) { idle.remove(ip), overloaded.remove(ip); }
  void change(std::uint32_t ip, bool over) {
    go(ip);
    of(over).push_back(ip);
  }
  // The head of those that `may`, to the tail; 0 = there is none.
  template <class May>
  std::uint32_t pick(bool over, May may) {
    auto& hosts = of(over);
    const auto head = std::ranges::find_if(hosts, may);
    if (head == hosts.end()) return 0;
    const auto ip = *head;
    hosts.erase(head);
    hosts.push_back(ip);
    return ip;
  }
};

class lars_fleet {
public:
  explicit lars_fleet(std::uint32_t seed) : random_(seed) {
    for (std::uint32_t ip = 1; ip <= 6; ++ip) bench_.list.push_back({{ip, 80}});
    apply();
  }

  void step() {
    switch (random_() % 12) {
      case 0:
        return change_list();
      case 1:
      case 2:
      case 3:
        return change_verdict();
      default:
        return pick();
    }
  }

  std::size_t picks() const { return picks_; }
  std::size_t probes() const { return probes_; }

private:
  bool has(std::uint32_t ip) const {
    return std::ranges::any_of(bench_.list, [ip](const host& one) { return one.where.ip == ip; });
  }
  void apply() {
    bench_.apply();
    // Newcomers queue in the order of the list.
    for (const auto& one : bench_.list)
      if (over_.try_emplace(one.where.ip, false).second) model_.come(one.where.ip);
    std::erase_if(over_, [this](const auto& one) {
      if (has(one.first)) return false;
      model_.go(one.first);
      return true;
    });
  }
  void change_list() {
    auto& list = bench_.list;
    const auto what = random_() % 4;
    if (what == 0 && list.size() > 1) {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(random_() % list.size()));
    } else if (what == 1 && list.size() < 12) {
      const auto ip = static_cast<std::uint32_t>(random_() % 40 + 1);
      if (!has(ip)) list.insert(list.begin() + static_cast<std::ptrdiff_t>(random_() % list.size()), {{ip, 80}});
    } else {
      auto& one = list[random_() % list.size()];
      one.state = one.state == host_state::up ? host_state::drain : host_state::up;
    }
    apply();
  }
  void change_verdict() {
    const auto& one = bench_.list[random_() % bench_.list.size()];
    const auto ip = one.where.ip;
    const bool to = !over_[ip];
    to ? bench_.overload(ip) : bench_.heal(ip);
    // Where a few results do not change it nothing happened.
    const auto value = balance::table_view(bench_.hosts.view()).live(bench_.slot(ip));
    if ((value.health == verdict::ejected) != to) return;
    over_[ip] = to;
    model_.change(ip, to);
  }
  void pick() {
    bench_.exclude.clear();
    while (random_() % 3 == 0) bench_.exclude.push_back({static_cast<std::uint32_t>(random_() % 12 + 1), 80});
    const auto found = bench_.pick();
    if (found.code != balance::pick_code::picked) return;
    const auto takes_calls = [&](std::uint32_t ip) {
      return std::ranges::any_of(bench_.list,
                                 [ip](const host& one) { return one.where.ip == ip && one.takes_calls(); });
    };
    const auto excluded = [&](std::uint32_t ip) {
      return std::ranges::find(bench_.exclude, endpoint{ip, 80}) != bench_.exclude.end();
    };
    auto expected = model_.pick(found.trial, [&](std::uint32_t ip) { return takes_calls(ip) && !excluded(ip); });
    if (expected == 0) expected = model_.pick(found.trial, takes_calls);
    REQUIRE(found.chosen.where.ip == expected);
    ++picks_;
    if (found.trial) ++probes_;
  }

  policy_bench bench_{"lars"};
  two_lists model_;
  std::map<std::uint32_t, bool> over_;
  std::mt19937 random_;
  std::size_t picks_ = 0, probes_ = 0;
};

}  // namespace

TEST_CASE("lars picks as the original's two lists do, whatever happens to hosts between picks") {
  std::size_t picks = 0, probes = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    lars_fleet fleet(seed);
    for (int i = 0; i < 400; ++i) fleet.step();
    picks += fleet.picks();
    probes += fleet.probes();
  }
  CHECK(picks > 5000);
  CHECK(probes > 100);
}

TEST_CASE("lars: turns outlive the table, and what an agent before said of changes is forgotten with it") {
  policy_bench bench("lars");
  bench.set(3);
  CHECK(bench.next() == 1);
  bench.own.forget_table();
  CHECK(bench.next() == 2);
  bench.overload(3);
  bench.own.forget_table();
  CHECK(bench.next() == 1);
  CHECK(bench.next() == 2);
}

}  // namespace lars::turn_queues_test
