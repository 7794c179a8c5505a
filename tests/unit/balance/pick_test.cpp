#include "balance/pick.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "balance/module_state.hpp"
#include "balance/table/counter_slot.hpp"
#include "balance/table/heap_arena.hpp"

namespace lars::pick_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::endpoint;
using lars::host;
using lars::host_state;
using lars::base::time_point;

namespace {

// A module whose hosts are 1:1, 2:2, … and its one cursor.
struct fleet {
  explicit fleet(std::uint32_t size, health_config settings = {}) : config(settings) {
    std::vector<host> list;
    for (std::uint32_t i = 1; i <= size; ++i) list.push_back({{i, i}});
    hosts.use(policy_settings{.kind = policy_kind::round_robin});
    hosts.apply(list, now);
    own.turns.next = own.turns.next_trial = 0;
  }

  pick_result next(std::uint64_t draw = 0) { return pick(hosts.view(), own, {draw, exclude}); }

  // The ip of the next host, 0 for code 1; a probe counts a hundred more.
  int step() {
    const auto result = next();
    if (result.code == pick_code::all_ejected) return 0;
    REQUIRE(result.code == pick_code::picked);
    return static_cast<int>(result.chosen.where.ip) + (result.trial ? 100 : 0);
  }
  std::vector<int> steps(int count) {
    std::vector<int> all;
    for (int i = 0; i < count; ++i) all.push_back(step());
    return all;
  }

  void overload(std::uint32_t ip) {
    for (int i = 0; i < 15; ++i) hosts.record({ip, ip}, outcome::failure, now);
  }
  void heal(std::uint32_t ip) {
    for (int i = 0; i < 6; ++i) hosts.record({ip, ip}, outcome::success, now);
  }

  health_config config;
  time_point now{1000s};
  heap_arena memory;
  module_state hosts{config, {1, 1}, memory, memory};
  cursor own;
  std::vector<endpoint> exclude;
};

}  // namespace

TEST_CASE("a module without hosts has nothing to pick") {
  fleet none(0);
  CHECK(none.next().code == pick_code::no_hosts);
  CHECK(none.own.turns.next == 0);
}

TEST_CASE("one idle host gets every call") {
  fleet one(1);
  CHECK(one.steps(5) == std::vector<int>{1, 1, 1, 1, 1});
}

TEST_CASE("a module whose hosts all take no calls has nothing to pick") {
  fleet some(2);
  some.hosts.apply(std::vector<host>{{{1, 1}, 0}, {{2, 2}, 100, host_state::drain}, {{3, 3}, 100, host_state::down}},
                   some.now);
  CHECK(some.next().code == pick_code::no_hosts);
}

TEST_CASE("a host that takes no calls is neither picked nor probed nor counted as overloaded") {
  fleet some(3);
  some.overload(2);
  some.hosts.apply(std::vector<host>{{{1, 1}}, {{2, 2}, 100, host_state::drain}, {{3, 3}}}, some.now);
  CHECK(some.steps(12) == std::vector<int>{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3});
  some.hosts.apply(std::vector<host>{{{1, 1}}, {{2, 2}}, {{3, 3}}}, some.now);
  CHECK(some.steps(11).back() == 102);
}

TEST_CASE("one overloaded host is probed by every eleventh pick") {
  fleet three(3);
  three.overload(2);
  const std::vector<int> round{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 102};
  CHECK(three.steps(11) == round);
  CHECK(three.steps(11) == round);
}

TEST_CASE("probes take the overloaded hosts in turn") {
  fleet four(4);
  four.overload(2);
  four.overload(4);
  const auto all = four.steps(33);
  CHECK(all[10] == 102);
  CHECK(all[21] == 104);
  CHECK(all[32] == 102);
}

TEST_CASE("a probe's turn waits while it could only fall on excluded hosts and another can be picked") {
  fleet three(3);
  three.overload(2);
  three.steps(10);
  three.exclude = {{2, 2}};
  for (int i = 0; i < 6; ++i) CHECK(three.step() == (i % 2 == 0 ? 1 : 3));
  three.exclude = {{1, 1}, {2, 2}, {3, 3}};
  CHECK(three.step() == 102);
  three.steps(10);
  three.exclude = {{1, 1}};
  CHECK(three.step() == 102);
}

TEST_CASE("with every host overloaded, ten picks find none and the eleventh is a probe") {
  fleet two(2);
  two.overload(1);
  two.overload(2);
  CHECK(two.steps(22) == std::vector<int>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 102});
}

TEST_CASE("probe_num 0 probes at every pick") {
  health_config config;
  config.probe_num = 0;
  fleet two(2, config);
  two.overload(1);
  CHECK(two.steps(3) == std::vector<int>{101, 101, 101});
}

TEST_CASE("picks while nobody is overloaded bring no probe nearer") {
  fleet two(2);
  two.overload(1);
  two.steps(4);
  two.heal(1);
  two.steps(100);
  two.overload(1);
  const auto all = two.steps(7);
  CHECK(all == std::vector<int>{2, 2, 2, 2, 2, 2, 101});
}

TEST_CASE("the random draw moves the start of a cursor alone") {
  fleet five(5);
  std::map<std::uint32_t, int> starts;
  for (std::uint64_t draw = 0; draw < 50; ++draw) {
    five.own = {};
    ++starts[five.next(draw).chosen.where.ip];
  }
  CHECK(starts.size() == 5);
  const auto first = five.next(3).chosen.where.ip;
  const auto second = five.next(3).chosen.where.ip;
  CHECK(second == first % 5 + 1);
}

TEST_CASE("an excluded host is picked only where there is no other") {
  fleet three(3);
  three.exclude = {{1, 1}, {3, 3}};
  CHECK(three.steps(3) == std::vector<int>{2, 2, 2});
  three.exclude = {{1, 1}, {2, 2}, {3, 3}};
  const auto all = three.steps(3);
  CHECK(std::set<int>(all.begin(), all.end()).size() == 3);
}

TEST_CASE("an overloaded host that is excluded is not probed in place of another one") {
  fleet three(3);
  three.overload(1);
  three.overload(2);
  three.exclude = {{1, 1}};
  CHECK(three.steps(11).back() == 102);
  CHECK(three.steps(11).back() == 102);
}

TEST_CASE("a picker that is alone shields itself from a host that failed it many times in a row") {
  fleet three(3);
  std::vector<counter_slot> counted(3);
  counted[1].run = 14;
  std::vector<picker_entry> entries(3);
  entries[1].where = join(2, 2);
  picker_counts counts{counted.data(), entries, {}, 0, 0, false, {}};
  const pick_request request{0, {}, counts};
  std::map<std::uint32_t, int> before;
  for (int i = 0; i < 30; ++i) ++before[pick(three.hosts.view(), three.own, request).chosen.where.ip];
  CHECK(before[2] == 10);
  counted[1].run = 15;
  // While the agent publishes, its verdict counts, not the picker's own.
  CHECK(pick(three.hosts.view(), three.own, request).code == pick_code::picked);
  counts.alone = true;
  std::map<std::uint32_t, int> alone;
  int probes = 0;
  for (int i = 0; i < 110; ++i) {
    const auto result = pick(three.hosts.view(), three.own, request);
    ++alone[result.chosen.where.ip];
    probes += result.trial ? 1 : 0;
  }
  CHECK(alone[2] == 10);
  CHECK(probes == 10);
  // What was counted of the host before in this slot says nothing of this one.
  entries[1].where = join(9, 9);
  std::map<std::uint32_t, int> fresh;
  for (int i = 0; i < 30; ++i) ++fresh[pick(three.hosts.view(), three.own, request).chosen.where.ip];
  CHECK(fresh[2] == 10);
}

TEST_CASE("a module that lives elsewhere is not picked from here") {
  fleet two(2);
  auto view = two.hosts.view();
  const_cast<module_record*>(view.record)->where = static_cast<std::uint64_t>(residence::elsewhere);
  CHECK(two.next().code == pick_code::elsewhere);
}

TEST_CASE("no bytes of a module can make a pick read outside, loop or crash") {
  std::uint64_t state = 1;
  const auto draw = [&state] { return state = state * 6364136223846793005u + 1442695040888963407u; };
  int picked = 0;
  int remembered = 0;
  for (int round = 0; round < 20000; ++round) {
    // Under AddressSanitizer a step outside of this is an error.
    heap_arena memory(1024);
    const auto at = memory.allocate(960);
    auto* const words = memory.at<shared_word>(at);
    for (int i = 0; i < 120; ++i) words[i] = round % 2 == 0 ? draw() % 1100 : draw();
    cursor own;
    const module_view view{memory.view(), memory.at<module_record>(at), 0};
    memory.at<module_record>(at)->key = round % 32 == 0 ? 1 : 0;
    memory.at<module_record>(at)->where = 0;
    const auto table = 64 * (1 + draw() % 16);
    memory.at<module_record>(at)->table = table;
    // Some that a picker takes for whole: what stands in it is rubbish all the same.
    if (round % 4 < 2 && table + sizeof(table_header) + 8 * sizeof(table_entry) <= 1024) {
      auto& header = *memory.at<table_header>(table);
      header.policy = pack(published_policy{});
      header.sequence = 2;
      header.key = 0;
      header.capacity = 8;
      header.count = draw() % 9;
      header.entries = table + sizeof(table_header);
      header.entry_stride = sizeof(table_entry);
      header.live = 64 * (1 + draw() % 12);
      header.live_stride = sizeof(live_slot) << draw() % 2;
      header.live_slots = draw() % 5;
      memory.at<module_record>(at)->hosts = pack(population{4, 0});
    }
    if (pick(view, own, {draw(), {}}).code == pick_code::picked) ++picked;
    // A picker that remembers.
    std::vector<counter_slot> slots(4);
    std::vector<picker_entry> entries(4);
    for (auto& note : entries) note.where = words[draw() % 120].load();
    const picker_counts counts{slots.data(), entries, {}, static_cast<std::uint32_t>(draw()), 1, false, {}};
    cursor other;
    for (int i = 0; i < 4; ++i) {
      const auto luck = draw();
      pick(view, other, {luck, {}, counts});
      if (!other.scores.serves()) continue;
      ++remembered;
      other.scores.fetch_ahead(luck);
      other.scores.pick(counts.round, luck, other.turns.next);
    }
  }
  CHECK(remembered > 100);
  INFO(picked);
  SUCCEED();
}

}  // namespace lars::pick_test
