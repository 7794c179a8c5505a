// Starts and ties are random across agents: what many pickers that are new, and know nothing of each other, pick first.
#include <string>

#include "unit/balance/policy_fixture.hpp"

namespace lars::first_picks_test {

using namespace lars::test;

namespace {

constexpr int agents = 4000;

// A policy with its parameters, by a name for messages.
struct variant {
  std::string name;
  std::string_view policy;
  base::setting_map parameters;
  bool load_reports = false;  // hosts tell of their load, all the same
};

std::vector<variant> variants() {
  std::vector<variant> all{
      {"rr", "rr", {}},   {"wrr", "wrr", {}}, {"random", "random", {}}, {"wr", "wr", {}},
      {"sed", "sed", {}}, {"nq", "nq", {}},   {"ralb", "ralb", {}},     {"ralb, reports", "ralb", {}, true}};
  for (const std::string choices : {"0", "2", "4"}) {
    for (const std::string_view policy : {"lc", "wlc", "p2c"})
      all.push_back({std::string(policy) + " of " + choices, policy, {{"choices", choices}}});
    all.push_back({"p2c by weight of " + choices, "p2c", {{"choices", choices}}, true});
  }
  return all;
}

struct fleet : policy_bench {
  explicit fleet(const variant& of, std::uint32_t size = 10) : policy_bench(of.policy, of.parameters) {
    set(size);
    for (int i = 0; of.load_reports && i < 40; ++i) {
      for (std::uint32_t ip = 1; ip <= size; ++ip) report(ip, 0.5);
      pass(100ms);
    }
  }

  // The first pick of each of so many pickers; `apart` false = all of them draw alike.
  std::map<std::uint32_t, int> firsts(bool apart = true) {
    std::map<std::uint32_t, int> counts;
    for (std::uint64_t agent = 0; agent < agents; ++agent) {
      balance::cursor fresh;
      base::random_source random(apart ? agent : 1);
      const auto picked = balance::pick(hosts.view(), fresh, {random(), exclude});
      ++counts[picked.code == balance::pick_code::picked ? picked.chosen.where.ip : 0];
    }
    return counts;
  }
};

std::map<std::uint32_t, double> evenly(std::initializer_list<std::uint32_t> ips) {
  std::map<std::uint32_t, double> shares;
  for (const auto ip : ips) shares[ip] = 1.0 / static_cast<double>(ips.size());
  return shares;
}

const auto all_ten = evenly({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
// Passed once in a thousand times by chance, with nine, four and two degrees of freedom.
constexpr double most_of_ten = 27.9;
constexpr double most_of_five = 18.5;
constexpr double most_of_three = 13.8;

}  // namespace

TEST_CASE("first picks of many agents are spread evenly over hosts that are alike") {
  for (const auto& one : variants()) {
    INFO(one.name);
    fleet at(one);
    CHECK(chi_square(at.firsts(), all_ten, agents) < most_of_ten);
    // Also while all are equally busy.
    for (std::uint32_t ip = 1; ip <= 10; ++ip) at.begin(ip);
    CHECK(chi_square(at.firsts(), all_ten, agents) < most_of_ten);
  }
}

TEST_CASE("agents that all draw alike are found out") {
  for (const auto& one : variants()) {
    INFO(one.name);
    CHECK(chi_square(fleet(one).firsts(false), all_ten, agents) > 1000);
  }
}

TEST_CASE("the policy lars begins with the head of the list, as callers already in the field know it") {
  CHECK(fleet({"lars", "lars", {}}).firsts() == std::map<std::uint32_t, int>{{1, agents}});
}

TEST_CASE("first picks fall on the least busy hosts alone, and evenly on all of these") {
  for (const auto& one : variants()) {
    const bool compares_all = one.policy == "sed" || one.policy == "nq" ||
                              (one.parameters.contains("choices") && one.parameters.at("choices") == "0");
    if (!compares_all) continue;
    INFO(one.name);
    fleet at(one);
    for (std::uint32_t ip = 1; ip <= 10; ++ip)
      if (ip != 2 && ip != 5 && ip != 9) at.begin(ip);
    const auto counts = at.firsts();
    CHECK(counts.size() == 3);
    CHECK(chi_square(counts, evenly({2, 5, 9}), agents) < most_of_three);
  }
}

TEST_CASE("first probes of many agents are spread evenly where all hosts are out") {
  for (const auto& one : variants()) {
    INFO(one.name);
    fleet at(one);
    at.health.probe_num = 0;
    at.hosts.use(at.health);
    for (std::uint32_t ip = 1; ip <= 10; ++ip) at.overload(ip);
    CHECK(chi_square(at.firsts(), all_ten, agents) < most_of_ten);
  }
}

TEST_CASE("first picks and first probes pass over hosts that are out without favour to their neighbours") {
  constexpr double most_of_seven = 22.46;  // chi-square, 6 degrees of freedom, 0.1 %
  constexpr double most_of_three_out = 13.82;
  for (const auto& one : variants()) {
    INFO(one.name);
    fleet picked(one);
    for (const std::uint32_t ip : {3u, 4u, 10u}) picked.overload(ip);
    CHECK(chi_square(picked.firsts(), evenly({1, 2, 5, 6, 7, 8, 9}), agents) < most_of_seven);
    fleet probed(one);
    probed.health.probe_num = 0;
    probed.hosts.use(probed.health);
    for (const std::uint32_t ip : {3u, 4u, 10u}) probed.overload(ip);
    CHECK(chi_square(probed.firsts(), evenly({3, 4, 10}), agents) < most_of_three_out);
  }
}

TEST_CASE("first picks by weight: hosts of one weight get the same, heavier ones more where the policy says so") {
  for (const std::string_view policy : {"wrr", "wr", "wlc", "p2c"}) {
    INFO(policy);
    fleet at({"", policy, {}});
    at.set_weights({100, 300, 100, 300, 100, 300, 100, 300, 100, 300});
    std::map<std::uint32_t, int> of_weight[2];
    int picks[2] = {};
    for (const auto& [ip, count] : at.firsts()) {
      of_weight[ip % 2][ip] = count;
      picks[ip % 2] += count;
    }
    CHECK(chi_square(of_weight[0], evenly({2, 4, 6, 8, 10}), picks[0]) < most_of_five);
    CHECK(chi_square(of_weight[1], evenly({1, 3, 5, 7, 9}), picks[1]) < most_of_five);
    // Where no call is under way anywhere, weighing the calls makes no difference.
    CHECK((picks[0] > 2 * picks[1]) == (policy != "wlc"));
  }
}

}  // namespace lars::first_picks_test
