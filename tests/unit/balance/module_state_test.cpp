#include "balance/module_state.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "balance/pick.hpp"
#include "balance/table/heap_arena.hpp"

namespace lars::module_state_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::endpoint;
using lars::host;
using lars::host_state;
using lars::base::time_point;

namespace {

struct module {
  host_delta set(const std::vector<host>& list) { return hosts.apply(list, now); }
  std::optional<verdict> fail(endpoint where, int times = 1) {
    std::optional<verdict> changed;
    for (int i = 0; i < times; ++i)
      if (const auto one = hosts.record(where, outcome::failure, now).changed) changed = one;
    return changed;
  }
  live_value live(endpoint where) const {
    const auto view = table_view(hosts.view());
    for (std::uint32_t i = 0; i < view.size(); ++i)
      if (view.at(i).where == where) return view.live(view.at(i).slot);
    return {};
  }

  health_config config;
  time_point now{1000s};
  heap_arena memory{1u << 24};
  module_state hosts{config, {1, 1}, memory, memory};
};

const host a{{1, 80}};
const host b{{2, 80}};
const host c{{3, 80}};

}  // namespace

TEST_CASE("a new list says what came, went and stayed") {
  module one;
  CHECK(one.set({a, b}).added == std::vector<endpoint>{a.where, b.where});
  const auto delta = one.set({b, c});
  CHECK(delta.added == std::vector<endpoint>{c.where});
  CHECK(delta.removed == std::vector<endpoint>{a.where});
  CHECK(delta.kept == 1);
  CHECK(one.set({b, c}).empty());
}

TEST_CASE("a host in another zone is a changed host, and keeps its slot and what it counted") {
  module one;
  const std::string far(64, 'f');
  one.set({a, b});
  one.fail(a.where, 3);
  const auto slot = *one.hosts.find_slot(a.where, 0);
  const auto delta = one.set({{a.where, a.weight, a.state, far}, b});
  CHECK(delta.changed == std::vector<endpoint>{a.where});
  CHECK(delta.kept == 2);
  CHECK(one.hosts.find_slot(a.where, 0) == slot);
  CHECK(one.hosts.window(slot).failures() == 3);
  CHECK(one.hosts.zone(slot) == far);
  CHECK(one.set({{a.where, a.weight, a.state, far}, b}).empty());
}

TEST_CASE("a host that takes the slot of another one has a zone of its own") {
  module one;
  one.set({{a.where, a.weight, a.state, "eu"}});
  const auto slot = *one.hosts.find_slot(a.where, 0);
  one.set({});
  one.set({c});
  CHECK(one.hosts.find_slot(c.where, 0) == slot);
  CHECK(one.hosts.zone(slot).empty());
}

TEST_CASE("the order of a list is the order of the membership") {
  module one;
  one.set({c, a, b});
  const auto view = table_view(one.hosts.view());
  CHECK(view.at(0).where == c.where);
  CHECK(view.at(1).where == a.where);
  CHECK(view.at(2).where == b.where);
}

TEST_CASE("a host named twice counts once, as first named") {
  module one;
  auto drained = a;
  drained.state = host_state::drain;
  one.set({b, a, drained, b});
  CHECK(table_view(one.hosts.view()).size() == 2);
  CHECK(one.hosts.view().hosts().idle == 2);
}

TEST_CASE("a host that stays keeps its verdict and its window") {
  module one;
  one.set({a, b});
  REQUIRE(one.fail(a.where, 15) == verdict::ejected);
  one.fail(b.where, 14);
  one.set({c, b, a});
  CHECK(one.live(a.where).health == verdict::ejected);
  CHECK(one.fail(b.where) == verdict::ejected);
}

TEST_CASE("a host that comes back after it was gone is fresh") {
  module one;
  one.set({a, b});
  const auto before = one.live(a.where).generation;
  REQUIRE(one.fail(a.where, 15) == verdict::ejected);
  one.set({b});
  one.set({a, b});
  CHECK(one.live(a.where).health == verdict::idle);
  CHECK(one.live(a.where).generation != before);
  CHECK_FALSE(one.fail(a.where, 14));
  CHECK(one.fail(a.where) == verdict::ejected);
}

TEST_CASE("a removed host is gone at once, also for a picker with the membership of before") {
  module one;
  one.set({a, b});
  const auto before = table_view(one.hosts.view());
  one.set({b});
  const auto stale = before.at(0);
  REQUIRE(stale.where == a.where);
  CHECK_FALSE(before.live(stale.slot).takes_calls());
  CHECK_FALSE(one.hosts.record(a.where, outcome::failure, one.now).known);
}

TEST_CASE("a slot's next host has another generation") {
  module one;
  one.set({a});
  const auto first = table_view(one.hosts.view()).at(0);
  one.set({});
  one.set({b});
  const auto second = table_view(one.hosts.view()).at(0);
  CHECK(second.slot == first.slot);
  CHECK(second.generation != first.generation);
}

TEST_CASE("another weight or state is seen at once and keeps the verdict") {
  module one;
  one.set({a, b});
  one.fail(a.where, 15);
  auto changed = a;
  changed.weight = 7;
  changed.state = host_state::drain;
  CHECK(one.set({changed, b}).changed == std::vector<endpoint>{a.where});
  CHECK(one.live(a.where).weight == 7);
  CHECK(one.live(a.where).state == host_state::drain);
  CHECK(one.live(a.where).health == verdict::ejected);
  CHECK(one.hosts.view().hosts().ejected == 0);
}

TEST_CASE("the population follows verdicts and lists") {
  module one;
  one.set({a, b, c});
  one.fail(a.where, 15);
  CHECK(one.hosts.view().hosts().idle == 2);
  CHECK(one.hosts.view().hosts().ejected == 1);
  one.set({b, c});
  CHECK(one.hosts.view().hosts().idle == 2);
  CHECK(one.hosts.view().hosts().ejected == 0);
}

TEST_CASE("a verdict on a drained host does not disturb the population") {
  module one;
  auto drained = a;
  drained.state = host_state::drain;
  one.set({drained, b});
  REQUIRE(one.fail(a.where, 15) == verdict::ejected);
  CHECK(one.hosts.view().hosts().idle == 1);
  CHECK(one.hosts.view().hosts().ejected == 0);
}

TEST_CASE("a report about a host that is not there is told apart") {
  module one;
  one.set({a});
  CHECK_FALSE(one.hosts.record({9, 9}, outcome::success, one.now).known);
  CHECK(one.hosts.record(a.where, outcome::success, one.now).known);
}

TEST_CASE("fifty thousand hosts come, are picked in turn, and go") {
  module one;
  std::vector<host> many;
  for (std::uint32_t i = 0; i < 50000; ++i) many.push_back({{i, 80}});
  CHECK(one.set(many).added.size() == 50000);
  one.hosts.use(policy_settings{.kind = policy_kind::round_robin});
  cursor own;
  std::vector<bool> seen(50000);
  for (int i = 0; i < 50000; ++i) seen[pick(one.hosts.view(), own, {}).chosen.where.ip] = true;
  CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
  CHECK(one.set({a}).removed.size() == 49999);
  CHECK(table_view(one.hosts.view()).size() == 1);
}

TEST_CASE("calls told of together are judged as one by one, where they are of one kind") {
  module together;
  module apart;
  together.set({a, b});
  apart.set({a, b});
  const auto slot = together.hosts.slot_of(a.where, 1);
  CHECK(together.hosts.record(slot, {0, 14, 14}, together.now).changed == std::nullopt);
  CHECK(apart.fail(a.where, 14) == std::nullopt);
  CHECK(together.hosts.record(slot, {0, 1, 15}, together.now).changed == verdict::ejected);
  CHECK(apart.fail(a.where) == verdict::ejected);
  CHECK(together.hosts.slot_of(c.where, slot) == module_state::no_slot);
}

TEST_CASE("calls under way are published, and those that nobody tells of leave") {
  module one;
  one.set({a, b});
  const auto slot = *one.hosts.find_slot(b.where, UINT32_MAX);
  const auto in_flight = [&] { return table_view(one.hosts.view()).slot(slot)->in_flight.load(); };
  one.hosts.begin(slot, 5, one.now);
  one.hosts.end(slot, 2, one.now);
  CHECK(one.hosts.refresh_load(one.now).in_flight == 3);
  CHECK(in_flight() == 3);
  one.hosts.begin_published(slot, one.now);
  CHECK(in_flight() == 4);
  one.hosts.end_published(slot, one.now);
  one.hosts.drop(slot, 1, one.now);
  CHECK(one.hosts.refresh_load(one.now).in_flight == 2);
  const auto late = one.hosts.refresh_load(one.now + 7s);
  CHECK(late.timeouts == 2);
  CHECK(in_flight() == 0);
}

TEST_CASE("calls that came and went within a round leave nothing to be done") {
  module one;
  one.set({a, b});
  const auto in_flight = [&] { return table_view(one.hosts.view()).slot(0)->in_flight.load(); };
  CHECK(one.hosts.needs_care(one.now));
  one.hosts.control(one.now);
  one.hosts.count(0, {5, 4, 1}, one.now);
  CHECK_FALSE(one.hosts.needs_care(one.now));
  one.hosts.count(0, {3, 1, 0}, one.now);
  CHECK(one.hosts.needs_care(one.now));
  one.hosts.refresh_load(one.now);
  CHECK(in_flight() == 2);
  // They may still expire.
  CHECK(one.hosts.needs_care(one.now));
  one.hosts.count(0, {0, 1, 1}, one.now);
  CHECK(one.hosts.needs_care(one.now));
  one.hosts.refresh_load(one.now);
  CHECK(in_flight() == 0);
  CHECK_FALSE(one.hosts.needs_care(one.now));
  CHECK(one.hosts.needs_care(one.now + 3s));
}

TEST_CASE("what pickers see of a host is its own, also where its slot was another's") {
  module one;
  one.set({a, b});
  const auto slot = *one.hosts.find_slot(b.where, UINT32_MAX);
  const auto seen = [&] {
    const auto& live = *table_view(one.hosts.view()).slot(slot);
    return std::pair(live.in_flight.load(), live.latency.load());
  };
  one.hosts.begin(slot, 7, one.now);
  one.hosts.observe(slot, {1, 0, 300, 300}, one.now);
  one.hosts.refresh_load(one.now);
  CHECK(seen() == std::pair<std::uint64_t, std::uint64_t>(7, 300000));
  // A slot is given anew no sooner than one list after it was left.
  one.set({a});
  one.set({a, c});
  REQUIRE(*one.hosts.find_slot(c.where, UINT32_MAX) == slot);
  CHECK(seen() == std::pair<std::uint64_t, std::uint64_t>(0, 0));
  one.hosts.begin(slot, 7, one.now);
  one.hosts.observe(slot, {1, 0, 300, 300}, one.now);
  one.hosts.refresh_load(one.now);
  CHECK(seen() == std::pair<std::uint64_t, std::uint64_t>(7, 300000));
}

TEST_CASE("what is under way of a module whose callers do not report is taken for nothing") {
  module one;
  one.set({a});
  one.hosts.begin(0, 100, one.now);
  one.hosts.refresh_load(one.now + 7s);
  CHECK_FALSE(one.hosts.callers_report());
  one.hosts.begin(0, 9, one.now + 7s);
  CHECK(one.hosts.refresh_load(one.now + 7s).in_flight == 9);
  CHECK(table_view(one.hosts.view()).slot(0)->in_flight == 0);
  one.hosts.begin(0, 200, one.now + 7s);
  one.hosts.end(0, 200, one.now + 7s);
  CHECK(one.hosts.callers_report());
}

TEST_CASE("calls to a host that went are nobody's: their callers are not taken for ones that do not report") {
  module one;
  one.set({a, b});
  const auto gone = *one.hosts.find_slot(a.where, UINT32_MAX);
  const auto kept = *one.hosts.find_slot(b.where, UINT32_MAX);
  one.hosts.begin(gone, 40, one.now);
  one.hosts.begin(kept, 2, one.now);
  one.set({b});
  CHECK(one.hosts.refresh_load(one.now).in_flight == 2);
  one.hosts.end(kept, 1, one.now);
  CHECK(one.hosts.refresh_load(one.now + 7s).timeouts == 1);
  CHECK(one.hosts.callers_report());
  CHECK(one.hosts.refresh_load(one.now + 7s).in_flight == 0);
}

TEST_CASE("a module that outgrows its memory moves to the spare one, whole") {
  health_config config;
  const time_point now{1000s};
  heap_arena small(2048);
  heap_arena spare(1u << 20);
  module_state hosts(config, {1, 1}, small, spare);
  hosts.apply(std::vector<host>{a, b}, now);
  for (int i = 0; i < 15; ++i) hosts.record(a.where, outcome::failure, now);
  hosts.begin_published(1, now);
  hosts.observe(1, {1, 0, 5000, 5000}, now);
  hosts.control(now);
  const auto before = hosts.view();
  std::vector<host> many;
  for (std::uint32_t i = 1; i <= 100; ++i) many.push_back({{i, 80}});
  hosts.apply(many, now);
  cursor own;
  CHECK(pick(before, own, {}).code == pick_code::elsewhere);
  const table_view moved(hosts.view());
  CHECK(moved.size() == 100);
  CHECK(moved.live(moved.at(0).slot).health == verdict::ejected);
  CHECK(hosts.view().hosts().ejected == 1);
  CHECK(moved.slot(1)->in_flight == 1);
  CHECK(moved.slot(1)->latency == 5'000'000);
  CHECK(moved.median_ns() == 5'000'000);
  CHECK(&hosts.memory() == &spare);
}

TEST_CASE("memory that a module gave back is another's, and whoever still looks there finds the first one gone") {
  health_config config;
  const time_point now{1000s};
  heap_arena memory;
  module_state first(config, {1, 1}, memory, memory);
  first.apply(std::vector<host>{a, b}, now);
  const auto seen = first.view();
  cursor own;
  REQUIRE(pick(seen, own, {}).code == pick_code::picked);
  const table_view held(seen);
  first.apply({}, now);
  CHECK(pick(seen, own, {}).code == pick_code::no_hosts);
  first.retire();
  CHECK(pick(seen, own, {}).code == pick_code::gone);
  first.free_memory();
  module_state second(config, {2, 2}, memory, memory);
  REQUIRE(second.position() == first.position());
  CHECK(pick(seen, own, {}).code == pick_code::gone);
  CHECK(table_view(seen).size() == 0);
  second.apply(std::vector<host>{c}, now);
  second.apply(std::vector<host>{c, a}, now);
  CHECK(pick(seen, own, {}).code == pick_code::gone);
  CHECK_FALSE(table_view(seen).intact());
  CHECK_FALSE(held.intact());
  cursor other;
  CHECK(pick(second.view(), other, {}).code == pick_code::picked);
  // Even where the same module comes back to the same place, what was remembered of it serves no more.
  second.apply({}, now);
  second.retire();
  second.free_memory();
  module_state again(config, {1, 1}, memory, memory);
  again.apply(std::vector<host>{c}, now);
  REQUIRE(again.position() == first.position());
  CHECK(pick(seen, own, {}).chosen.where == c.where);
}

TEST_CASE("live values that were another module's begin as nothing") {
  health_config config;
  const time_point now{1000s};
  heap_arena memory;
  module_state first(config, {1, 1}, memory, memory);
  first.apply(std::vector<host>{a, b, c}, now);
  first.begin_published(2, now);
  first.apply({}, now);
  first.retire();
  first.free_memory();
  module_state second(config, {2, 2}, memory, memory);
  second.apply(std::vector<host>{a}, now);
  const table_view members(second.view());
  REQUIRE(members.slot(2) != nullptr);
  CHECK(members.slot(2)->value == 0);
  CHECK(members.slot(2)->in_flight == 0);
}

TEST_CASE("modules that come and go take as much memory as those that are there") {
  health_config config;
  const time_point now{1000s};
  heap_arena small(8192);
  heap_arena memory(65536);
  for (std::int32_t n = 0; n < 2000; ++n) {
    module_state one(config, {n, n}, small, memory);
    std::vector<host> hosts;
    // So many that it outgrows its buffers, and in the end its memory.
    for (std::uint32_t i = 1; i <= 150; ++i) {
      hosts.push_back({{i, 80}});
      one.apply(hosts, now);
    }
    REQUIRE(&one.memory() == &memory);
    one.apply({}, now);
    one.retire();
    one.free_memory();
  }
}

TEST_CASE("a round reads little of a module: it is prefetched for each of them") {
  module one;
  // With what the agent keeps in front of it, three cache lines.
  CHECK(one.hosts.bytes_of_a_round() <= 112);
}

}  // namespace lars::module_state_test
