#include "balance/policy/round_robin.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "balance/module_state.hpp"
#include "balance/table/heap_arena.hpp"

namespace lars::round_robin_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::host;
using lars::base::time_point;

namespace {

// A clock that the test turns, a module with hosts of the given addresses, one cursor.
struct rotation {
  explicit rotation(std::vector<std::uint32_t> ips) { set(ips); }

  void set(const std::vector<std::uint32_t>& ips) {
    std::vector<host> list;
    for (const auto ip : ips) list.push_back({{ip, 1}});
    hosts.apply(list, manual_clock);
  }
  std::uint32_t next() {
    const table_view table(hosts.view());
    if (table.size() == 0) return 0;
    cursor picker;
    lars::base::random_source draw(1);
    const picker_counts none;
    const auto found = round_robin_next({table, {verdict::idle, {}, none}, picker, 0, draw}, position);
    return found != nobody ? table.at(found).where.ip : 0;
  }
  std::vector<std::uint32_t> next(int count) {
    std::vector<std::uint32_t> all;
    for (int i = 0; i < count; ++i) all.push_back(next());
    return all;
  }

  health_config config;
  time_point manual_clock{1000s};
  heap_arena memory;
  module_state hosts{config, {1, 1}, memory, memory};
  std::uint32_t position = 0;
};

using ips = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("round robin, empty and one: nothing of nothing, always the only one") {
  rotation none({});
  CHECK(none.next() == 0);
  CHECK(none.position == 0);
  rotation one({7});
  CHECK(one.next(3) == ips{7, 7, 7});
}

TEST_CASE("round robin, distribution: whole rounds give each host the same") {
  rotation hosts({1, 2, 3, 4, 5, 6, 7});
  std::map<std::uint32_t, int> counts;
  for (int i = 0; i < 7000; ++i) ++counts[hosts.next()];
  REQUIRE(counts.size() == 7);
  for (const auto& [ip, count] : counts) CHECK(count == 1000);
}

TEST_CASE("round robin, disruption: a host that goes or comes changes the order of no other") {
  rotation hosts({1, 2, 3, 4});
  hosts.next();
  hosts.set({1, 3, 4});
  CHECK(hosts.next(6) == ips{3, 4, 1, 3, 4, 1});
  hosts.set({1, 3, 4, 5});
  CHECK(hosts.next(5) == ips{3, 4, 5, 1, 3});
}

TEST_CASE("round robin, stability: the recorded order, from any cursor") {
  rotation hosts({30, 10, 20});
  CHECK(hosts.next(4) == ips{30, 10, 20, 30});
  hosts.position = 4294967292u;
  CHECK(hosts.next(3) == ips{30, 10, 20});
}

TEST_CASE("round robin, recovery: a host that was shielded gets its full share once its time is up") {
  rotation hosts({1, 2, 3});
  for (int i = 0; i < 15; ++i) hosts.hosts.record({2, 1}, outcome::failure, hosts.manual_clock);
  CHECK(hosts.next(4) == ips{1, 3, 1, 3});
  hosts.manual_clock += hosts.config.overload_timeout;
  hosts.hosts.record({2, 1}, outcome::failure, hosts.manual_clock);
  CHECK(hosts.next(6) == ips{1, 2, 3, 1, 2, 3});
}

}  // namespace lars::round_robin_test
