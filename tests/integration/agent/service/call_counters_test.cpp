// Counters in a real file: what a killed process leaves, and what the next one recovers.
#include "agent/service/call_counters.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

namespace lars::call_counters_test {

using namespace lars::agent;

namespace {

constexpr route_key module_key{1, 1};
constexpr endpoint host_a{0x0a000001, 80}, host_b{0x0a000002, 80};

base::agent_id incarnation(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

// A process that counts and dies: its mapping disappears, the file stays.
struct life {
  explicit life(const std::filesystem::path& path, char name = 'a') {
    const auto found = counters.open(path);
    REQUIRE(found);
    left = *found;
    for (const auto* row : left.rows) calls_left += row->banks[0].sums().calls() + row->banks[1].sums().calls();
    agent_name = name;
  }
  void begin() { counters.restart(incarnation(agent_name), {1000}); }
  void call(call_row* row, int times = 1) {
    for (int i = 0; i < times; ++i) row->banks[counters.active_bank()].add(true, 1000, 0);
  }

  call_counters counters;
  call_counters::leftover left;
  std::uint64_t calls_left = 0;
  char agent_name = 'a';
};

}  // namespace

TEST_CASE("undrained counts survive a kill") {
  const test::temp_dir dir;
  const auto path = dir.path() / "counters";
  {
    life one(path);
    CHECK(one.left.agent.is_none());
    one.begin();
    auto* const a = one.counters.allocate(module_key, host_a);
    one.call(a, 3);
    one.call(one.counters.allocate(module_key, host_b), 4);
  }
  life two(path);
  CHECK(two.left.agent == incarnation('a'));
  CHECK(two.left.time.unix_seconds == 1000);
  CHECK(two.calls_left == 7);
  two.begin();
  life three(path);
  CHECK(three.calls_left == 0);
}

TEST_CASE("a drain takes one bank while the other counts") {
  const test::temp_dir dir;
  const auto path = dir.path() / "counters";
  life one(path);
  one.begin();
  auto* const a = one.counters.allocate(module_key, host_a);
  one.call(a, 3);
  one.counters.begin_drain({1010});
  const unsigned bank = one.counters.drain_bank();
  CHECK(bank != one.counters.active_bank());
  one.call(a, 5);
  CHECK(a->banks[bank].sums().succ == 3);
  // Not spooled yet: begun again, it is the same drain.
  one.counters.begin_drain({1020});
  CHECK(one.counters.drain_bank() == bank);
  one.counters.finish_drain({a});
  CHECK(a->banks[bank].empty());
  CHECK(a->banks[1 - bank].sums().succ == 5);
}

TEST_CASE("after a kill between spool and counters the spool's record empties the bank") {
  const test::temp_dir dir;
  const auto path = dir.path() / "counters";
  std::uint64_t tick = 0;
  {
    life one(path);
    one.begin();
    auto* const a = one.counters.allocate(module_key, host_a);
    one.call(a, 3);
    one.counters.begin_drain({1010});
    tick = one.counters.drain_tick();
    one.call(a, 5);
  }
  life two(path);
  CHECK(tick == two.left.done_tick + 1);
  two.counters.discard(module_key, host_b, false);
  two.counters.discard(module_key, host_a, false);
  REQUIRE(two.left.rows.size() == 1);
  CHECK(two.left.rows[0]->banks[0].sums().calls() + two.left.rows[0]->banks[1].sums().calls() == 5);
  two.counters.discard(module_key, host_a, true);
  CHECK(two.left.rows[0]->banks[0].empty());
  CHECK(two.left.rows[0]->banks[1].empty());
}

TEST_CASE("a removed host keeps its row until its calls are drained, and gets it back if it returns") {
  const test::temp_dir dir;
  life one(dir.path() / "counters");
  one.begin();
  auto* const a = one.counters.allocate(module_key, host_a);
  one.call(a, 3);
  one.counters.retire(a);
  CHECK(one.counters.allocate(module_key, host_a) == a);
  one.counters.retire(a);
  one.counters.begin_drain({1010});
  REQUIRE(one.counters.retired().size() == 1);
  one.counters.finish_drain({a});
  CHECK(one.counters.retired().empty());
  CHECK(one.counters.rows() == 0);
}

TEST_CASE("rows keep their addresses when the file grows, and all are recovered") {
  const test::temp_dir dir;
  const auto path = dir.path() / "counters";
  {
    life one(path);
    one.begin();
    auto* const first = one.counters.allocate(module_key, host_a);
    for (std::uint32_t i = 0; i < 10'000; ++i) one.call(one.counters.allocate({2, 2}, {i, 80}));
    one.call(first, 2);
    CHECK(first->where() == host_a);
  }
  life two(path);
  CHECK(two.calls_left == 10'002);
}

TEST_CASE("a file of another format is renamed") {
  const test::temp_dir dir;
  const auto path = dir.path() / "counters";
  std::ofstream(path) << std::string(100'000, 'x');
  life one(path);
  CHECK(one.left.rows.empty());
  CHECK(std::filesystem::file_size(path.string() + ".damaged") >= 100'000);
  one.begin();
  one.call(one.counters.allocate(module_key, host_a));
}

TEST_CASE("latency counts saturate") {
  call_bank bank;
  base::call_sums many;
  many.succ = many.latency[3] = 3'000'000'000;
  for (int i = 0; i < 2; ++i) bank.add(many);
  CHECK(bank.succ == 6'000'000'000);
  CHECK(bank.latency[3] == UINT32_MAX);
  bank.add(true, 4000, 0);  // of the same bucket
  CHECK(bank.latency[3] == UINT32_MAX);
  many.latency[3] = UINT64_MAX;
  bank.add(many);
  CHECK(bank.latency[3] == UINT32_MAX);
}

}  // namespace lars::call_counters_test
