#include "balance/policy/score_cache.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "balance/table/counter_slot.hpp"
#include "unit/balance/policy_fixture.hpp"

namespace lars::score_cache_test {

using namespace lars::test;

namespace {

// A picker with counters of its own, to whom a module's hosts are published in rounds.
struct remembering_picker {
  explicit remembering_picker(std::uint32_t places) : slots(places), entries(places) {
    counts.slots = slots.data();
    counts.entries = entries;
  }

  // Gives the host a place among the counters.
  void note(const balance::member& host, std::uint32_t place) {
    entries[place] = {.where = balance::join(host.where.ip, host.where.port), .seen = {}};
    if (place == host.slot) return;
    if (host.slot >= by_slot.size()) by_slot.resize(host.slot + 1, UINT32_MAX);
    by_slot[host.slot] = place;
    counts.positions = by_slot;
  }
  // Every host of the module, in places of this order.
  void note_all(const policy_bench& bench, const std::vector<std::uint32_t>& order) {
    const balance::table_view table(bench.hosts.view());
    for (std::uint32_t i = 0; i < table.size(); ++i) note(table.at(i), order[i]);
    own.forget_table();
  }

  balance::found_host find(const policy_bench& bench, std::uint64_t draw) {
    return balance::find_host(bench.hosts.view(), own, {draw, {}, counts});
  }
  // As it would be picked from what is published at this moment.
  balance::found_host find_now(const policy_bench& bench, std::uint64_t draw) {
    auto now = counts;
    now.round = 0;
    return balance::find_host(bench.hosts.view(), other, {draw, {}, now});
  }
  // From memory alone; null where that does not serve.
  const balance::picker_entry* recall(std::uint64_t draw) const {
    if (!own.scores.serves()) return nullptr;
    const auto place = own.scores.pick(counts.round, draw, own.turns.next);
    return place == balance::score_cache::miss ? nullptr : &entries[place];
  }

  std::vector<balance::counter_slot> slots;
  std::vector<balance::picker_entry> entries;
  std::vector<std::uint32_t> by_slot;
  balance::picker_counts counts;
  balance::cursor own, other;
};

std::vector<std::uint32_t> in_order(std::uint32_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

void observe_all(policy_bench& bench, std::uint32_t hosts) {
  for (std::uint32_t ip = 1; ip <= hosts; ++ip) bench.observe(ip, 10'000 + 1'000 * ip);
  bench.pass(100ms);
}

struct comparison {
  int picks = 0;
  int recalled = 0;     // of those, from memory alone
  int differences = 0;  // from what is published
};

// Random hosts under random events, a round after each; `raises` = the picker learns that there is another round.
comparison compare(const char* policy, std::uint64_t seed, bool raises) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  policy_bench bench(policy);
  auto hosts = 4 + below(9);
  bench.set(hosts);
  remembering_picker picker(16);
  auto order = in_order(16);
  if (seed % 2 == 1) std::shuffle(order.begin(), order.end(), random);
  picker.note_all(bench, order);
  comparison found;
  picker.counts.round = 1;
  for (int round = 0; round < 40; ++round) {
    const auto ip = 1 + below(hosts);
    switch (below(8)) {
      case 0:
        if (below(3) == 0) bench.overload(ip);
        break;
      case 1:
        for (std::uint32_t one = 1; one <= hosts; ++one) bench.heal(one);
        break;
      case 2:
        bench.list[ip - 1].weight = below(4) * 100;
        bench.apply();
        break;
      case 3:
        bench.set(hosts = 4 + below(9));
        if (below(3) > 0) observe_all(bench, hosts);
        picker.note_all(bench, order);
        break;
      case 4:
        bench.begin(ip);
        break;
      default:
        bench.observe(ip, (1'000 + below(50'000)) * (below(4) == 0 ? 500 : 1));  // some are very slow
    }
    bench.pass(100ms);
    if (below(3) == 0) ++picker.counts.epoch;
    if (raises) ++picker.counts.round;
    for (int i = 0; i < 30; ++i) {
      const auto draw = random();
      const auto now = picker.find_now(bench, draw);
      const auto* const recalled = picker.recall(draw);
      const auto picked = picker.find(bench, draw);
      const auto differs = [&now](std::uint64_t where, std::uint64_t id) { return where != now.where || id != now.id; };
      ++found.picks;
      found.recalled += recalled != nullptr ? 1 : 0;
      if (picked.code != now.code || differs(picked.where, picked.id) ||
          (recalled != nullptr && differs(recalled->where, recalled->seen.id)))
        ++found.differences;
      // Its own calls count at once.
      auto& note = picker.entries[below(16)];
      if (note.epoch != picker.counts.epoch) {
        note.epoch = picker.counts.epoch;
        note.base = note.under_way;
      }
      if (below(2) == 0)
        ++note.under_way;
      else if (note.under_way > 0)
        --note.under_way;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("a picker that remembers picks what one that looks would pick, whatever happens from round to round") {
  const auto* const policy = GENERATE("p2c", "rr");
  INFO(policy);
  comparison all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto found = compare(policy, seed, true);
    INFO(seed);
    CHECK(found.differences == 0);
    all.picks += found.picks;
    all.recalled += found.recalled;
  }
  CHECK(all.picks == 200 * 40 * 30);
  // Where nobody is out and all latencies are known: enough of the time to mean something.
  CHECK(all.recalled > all.picks / 20);
}

TEST_CASE("the comparison finds a picker that does not learn of a new round") {
  int differences = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) differences += compare("p2c", seed, false).differences;
  CHECK(differences > 0);
}

TEST_CASE("within a round what was seen stands, the picker's own calls aside") {
  policy_bench bench("p2c");
  bench.set(5);
  observe_all(bench, 5);
  remembering_picker picker(8);
  picker.note_all(bench, in_order(8));
  picker.counts.round = 7;
  std::uint64_t draw = 0;
  for (draw = 1; picker.find(bench, draw * 0x9E3779B97F4A7C15u).where != balance::join(1, 80);) ++draw;
  draw *= 0x9E3779B97F4A7C15u;
  REQUIRE(picker.recall(draw) != nullptr);
  bench.observe(1, 900'000);
  bench.pass(100ms);
  CHECK(picker.recall(draw)->where == balance::join(1, 80));
  picker.counts.round = 8;
  CHECK(picker.recall(draw) == nullptr);
  CHECK(picker.find(bench, draw).where != balance::join(1, 80));
  // Busy with this picker's calls, another is left again for the one that was slow.
  for (auto& note : picker.entries)
    if (note.where != balance::join(1, 80)) {
      note.epoch = picker.counts.epoch;
      note.under_way = 1000;
    }
  CHECK(picker.recall(draw)->where == balance::join(1, 80));
}

TEST_CASE("memory serves neither a module with a host that is out, nor a table that was overtaken, nor strangers") {
  policy_bench bench("p2c");
  bench.set(6);
  observe_all(bench, 6);
  remembering_picker picker(8);
  picker.counts.round = 3;
  // No host has a note: it has counted no calls yet.
  for (std::uint64_t i = 0; i < 50; ++i) picker.find(bench, i * 0x9E3779B97F4A7C15u);
  CHECK(picker.recall(0x12345678'9abcdef0) == nullptr);
  picker.note_all(bench, in_order(8));
  for (std::uint64_t i = 0; i < 200; ++i) picker.find(bench, i * 0x9E3779B97F4A7C15u);
  CHECK(picker.recall(0x12345678'9abcdef0) != nullptr);
  bench.overload(2);
  CHECK(picker.recall(0x12345678'9abcdef0) == nullptr);
  bench.heal(2);
  CHECK(picker.recall(0x12345678'9abcdef0) != nullptr);
  bench.list.pop_back();
  bench.apply();
  CHECK(picker.recall(0x12345678'9abcdef0) == nullptr);
}

TEST_CASE("a picker with counters of some of the hosts remembers those") {
  policy_bench bench("p2c");
  bench.set(6);
  observe_all(bench, 6);
  remembering_picker picker(4);
  const balance::table_view table(bench.hosts.view());
  for (std::uint32_t i = 0; i < 4; ++i) picker.note(table.at(i + 2), i);
  picker.counts.round = 1;
  int recalled = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto draw = i * 0x9E3779B97F4A7C15u;
    const auto now = picker.find_now(bench, draw);
    const auto picked = picker.find(bench, draw);
    CHECK(picked.where == now.where);
    const auto* const note = picker.recall(draw);
    recalled += note != nullptr ? 1 : 0;
    if (note != nullptr) CHECK(note->where == now.where);
  }
  // Both of the two are among the four: in 12 of 30 draws.
  CHECK(recalled > 700);
  CHECK(recalled < 900);
}

TEST_CASE("a host without an address is nobody's note") {
  policy_bench bench("p2c");
  bench.list = {{{0, 0}}, {{1, 80}}, {{2, 80}}, {{3, 80}}};
  bench.apply();
  bench.hosts.observe(bench.hosts.slot_of({0, 0}, 0), {1, 0, 10'000, 10'000}, bench.now);
  observe_all(bench, 3);
  remembering_picker picker(4);
  picker.counts.round = 1;
  const balance::table_view table(bench.hosts.view());
  for (std::uint32_t i = 0; i < 4; ++i)
    if (table.at(i).where.ip != 0) picker.note(table.at(i), table.at(i).slot);
  int recalled = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto draw = i * 0x9E3779B97F4A7C15u;
    picker.find(bench, draw);
    const auto* const note = picker.recall(draw);
    recalled += note != nullptr ? 1 : 0;
    if (note != nullptr) CHECK(note->where != 0);
  }
  CHECK(recalled > 0);
  for (const auto& note : picker.entries) CHECK((note.where != 0 || note.seen.tag == 0));
}

TEST_CASE("policies that neither compare latencies nor go by turn are not remembered") {
  for (const auto* const policy : {"random", "wr", "least_request", "lars"}) {
    policy_bench bench(policy);
    bench.set(6);
    observe_all(bench, 6);
    remembering_picker picker(8);
    picker.note_all(bench, in_order(8));
    picker.counts.round = 1;
    for (int i = 0; i < 20; ++i) picker.find(bench, static_cast<std::uint64_t>(i));
    INFO(policy);
    CHECK_FALSE(picker.own.scores.serves());
  }
}

}  // namespace lars::score_cache_test
