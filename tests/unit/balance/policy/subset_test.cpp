#include "balance/policy/subset.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

#include "base/random.hpp"

namespace lars::subset_test {

using balance::choose_subset;

namespace {

using hosts = std::vector<host>;

// 10.0.0.1:80, 10.0.0.2:80, …
hosts first_hosts(std::uint32_t count) {
  hosts list;
  for (std::uint32_t i = 1; i <= count; ++i) list.push_back({{0x0a000000 + i, 80}});
  return list;
}

// The last bytes of the hosts' addresses.
std::vector<std::uint32_t> numbers(const hosts& list) {
  std::vector<std::uint32_t> all;
  for (const auto& one : list) all.push_back(one.where.ip & 0xffffff);
  return all;
}

std::set<endpoint> usable(const hosts& list) {
  std::set<endpoint> all;
  for (const auto& one : list)
    if (one.takes_calls()) all.insert(one.where);
  return all;
}

// How many of `before` are not in `after`.
std::size_t lost(const std::set<endpoint>& before, const std::set<endpoint>& after) {
  return static_cast<std::size_t>(std::ranges::count_if(before, [&](endpoint one) { return !after.contains(one); }));
}

// The busiest host's share over the mean one's, where each agent of such a fleet spreads its calls over 20 of 100
// hosts.
double busiest_of(std::uint32_t agents, base::random_source& draw) {
  const auto list = first_hosts(100);
  std::vector<int> users(list.size());
  for (std::uint32_t i = 0; i < agents; ++i)
    for (const auto number : numbers(choose_subset(draw(), list, 20))) ++users[number - 1];
  return *std::ranges::max_element(users) / (agents * 0.2);
}

}  // namespace

TEST_CASE("without a size, or with one that no module exceeds, all hosts are used") {
  CHECK(choose_subset(7, {}, 3).empty());
  for (const std::uint32_t size : {0u, 5u, 6u, UINT32_MAX})
    CHECK(choose_subset(7, first_hosts(5), size) == first_hosts(5));
  for (std::uint32_t size = 1; size < 5; ++size) CHECK(choose_subset(7, first_hosts(5), size).size() == size);
}

TEST_CASE("an upgrade changes nobody's subset") {
  // From a program that shares no code with this one. The next host of each is [4].
  const auto four = first_hosts(10);
  CHECK(numbers(choose_subset(0, four, 3)) == std::vector<std::uint32_t>{7, 8, 10});
  CHECK(numbers(choose_subset(1, four, 3)) == std::vector<std::uint32_t>{4, 5, 8});
  CHECK(numbers(choose_subset(0x0123456789abcdef, four, 3)) == std::vector<std::uint32_t>{5, 7, 9});
  CHECK(numbers(choose_subset(UINT64_MAX, four, 3)) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(numbers(choose_subset(UINT64_MAX, four, 4)) == std::vector<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("the order of the list decides nothing but the order of the subset") {
  auto list = first_hosts(50);
  std::mt19937 shuffler(3);
  const auto chosen = usable(choose_subset(9, list, 10));
  for (int i = 0; i < 20; ++i) {
    std::ranges::shuffle(list, shuffler);
    const auto again = choose_subset(9, list, 10);
    CHECK(usable(again) == chosen);
    CHECK(std::ranges::is_sorted(again, {},
                                 [&](const host& one) { return std::ranges::find(list, one) - list.begin(); }));
  }
}

TEST_CASE("a host that leaves or joins replaces at most one") {
  base::random_source draw(4);
  for (int trial = 0; trial < 50; ++trial) {
    const auto agent = draw();
    auto list = first_hosts(40);
    const auto whole = usable(choose_subset(agent, list, 8));
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto fewer = list;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      const auto rest = usable(choose_subset(agent, fewer, 8));
      CHECK(rest.size() == 8);
      // Seen the other way round, the host joins.
      CHECK(lost(whole, rest) == (whole.contains(list[i].where) ? 1 : 0));
      CHECK(lost(rest, whole) == lost(whole, rest));
    }
  }
}

TEST_CASE("a host that takes no calls keeps its place, and one more comes in") {
  for (const host& idle : {host{{}, 100, host_state::drain}, host{{}, 100, host_state::down}, host{{}, 0}}) {
    auto list = first_hosts(10);
    const auto before = choose_subset(1, list, 3);
    REQUIRE(numbers(before) == std::vector<std::uint32_t>{4, 5, 8});
    list[4].weight = idle.weight;
    list[4].state = idle.state;
    const auto after = choose_subset(1, list, 3);
    CHECK(numbers(after) == std::vector<std::uint32_t>{1, 4, 5, 8});
    CHECK(usable(after).size() == 3);
    CHECK(*std::ranges::find(after, list[4].where, &host::where) == list[4]);
    // One that ranks below the subset is none of this agent's business.
    list[5].state = host_state::down;
    CHECK(numbers(choose_subset(1, list, 3)) == numbers(after));
  }
}

TEST_CASE("where fewer hosts take calls than are wanted, all hosts are used") {
  auto list = first_hosts(10);
  for (std::size_t i = 0; i < 8; ++i) list[i].state = host_state::drain;
  CHECK(choose_subset(5, list, 3) == list);
  CHECK(choose_subset(5, list, 2).size() <= 10);
  CHECK(usable(choose_subset(5, list, 2)).size() == 2);
}

TEST_CASE("of hosts named twice the first counts, and only once") {
  auto list = first_hosts(10);
  for (const auto& one : first_hosts(10)) list.push_back({one.where, 7});
  const auto chosen = choose_subset(1, list, 3);
  CHECK(numbers(chosen) == std::vector<std::uint32_t>{4, 5, 8});
  for (const auto& one : chosen) CHECK(one.weight == default_weight);
}

TEST_CASE("ports tell hosts apart, and weights give no host more agents") {
  hosts ports;
  for (std::uint32_t port = 1; port <= 100; ++port) ports.push_back({{0x0a000001, port}, port});
  base::random_source draw(6);
  std::vector<int> users(101);
  for (int i = 0; i < 1000; ++i)
    for (const auto& one : choose_subset(draw(), ports, 20)) ++users[one.where.port];
  CHECK(*std::ranges::min_element(users.begin() + 1, users.end()) > 140);
  CHECK(*std::ranges::max_element(users) < 260);
}

TEST_CASE("a fleet's load is even: 20 of 100 hosts, the busiest over the mean") {
  base::random_source draw(8);
  double large = 0, small = 0;
  for (int fleet = 0; fleet < 10; ++fleet) {
    large = std::max(large, busiest_of(1000, draw));
    small = std::max(small, busiest_of(100, draw));
  }
  INFO("1,000 agents " << large << ", 100 agents " << small);
  CHECK(large <= 1.3);
  // So few agents are what random choice is bad at.
  CHECK(small <= 1.8);
  CHECK(small > 1.3);
}

TEST_CASE("neighbouring agent ids choose as differently as any") {
  const auto list = first_hosts(100);
  double common = 0;
  for (std::uint64_t agent = 0; agent < 500; ++agent) {
    const auto mine = usable(choose_subset(agent, list, 20));
    common += 20.0 - static_cast<double>(lost(mine, usable(choose_subset(agent + 1, list, 20))));
  }
  CHECK(std::abs(common / 500 - 4) < 0.4);
}

}  // namespace lars::subset_test
