#include "balance/table/publication.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::publication_test {

using namespace lars::balance;
using lars::host_state;

namespace {

constexpr std::uint32_t probe_num = 10;
const std::vector<member> both{{{1, 80}, 0, 1}, {{2, 80}, 1, 2}};

struct published_hosts {
  published_hosts() { show(both, 2); }
  void show(const std::vector<member>& members, std::uint32_t slots) {
    published.begin_list(static_cast<std::uint32_t>(members.size()), slots, shown);
    for (const auto& one : members) published.join(one.slot, {one.generation, 100}, false);
    published.publish(members, {});
    shown = members;
  }
  table_view table() const { return table_view(published.view()); }

  heap_arena memory;
  std::vector<member> shown;
  publication published{{1, 1}, probe_num, memory, memory};
};

}  // namespace

TEST_CASE("nothing is shown before there is a list") {
  heap_arena memory;
  publication published({1, 1}, probe_num, memory, memory);
  published.publish({}, {});
  CHECK(published.view().is_here());
  CHECK(published.view().probe_num() == probe_num);
  CHECK(table_view(published.view()).size() == 0);
}

TEST_CASE("members and their live values are shown") {
  published_hosts hosts;
  REQUIRE(hosts.table().size() == 2);
  CHECK(hosts.table().at(1) == both[1]);
  CHECK(hosts.published.value(1) == live_value{2, 100});
  CHECK(&hosts.published.live()[1] == hosts.table().slot(1));
}

TEST_CASE("only another weight or state is an update") {
  published_hosts hosts;
  hosts.published.store_verdict(0, verdict::ejected, false);
  CHECK_FALSE(hosts.published.update(0, 100, host_state::down));
  CHECK(hosts.published.update(0, 7, host_state::up));
  CHECK(hosts.published.value(0) == live_value{1, 7, host_state::up, verdict::ejected});
}

TEST_CASE("a host that left takes no calls, for pickers of the membership of before too") {
  published_hosts hosts;
  hosts.published.update(0, 100, host_state::up);
  const auto before = hosts.table();
  REQUIRE(before.candidate_at(0).takes_calls());
  hosts.published.leave(both[0]);
  CHECK_FALSE(before.candidate_at(0).takes_calls());
}

TEST_CASE("changes of verdicts and lists are numbered") {
  published_hosts hosts;
  const auto changes = [&] { return hosts.table().record().changes.load(); };
  hosts.published.update(0, 100, host_state::up);
  CHECK(hosts.published.store_verdict(0, verdict::ejected, true));
  CHECK(changes() == 2);
  CHECK(hosts.published.live()[0].score == 2);
  CHECK_FALSE(hosts.published.store_verdict(1, verdict::ejected, false));
  CHECK(changes() == 3);
  CHECK(hosts.published.live()[1].score == 0);
  hosts.published.begin_list(2, 2, both);
  hosts.published.join(1, {3, 100}, true);
  CHECK(hosts.published.live()[1].score == 4);
  hosts.published.clear_scores(2);
  CHECK(hosts.published.live()[1].score == 0);
}

TEST_CASE("the record's words are shown") {
  published_hosts hosts;
  hosts.published.store_population({3, 4});
  hosts.published.store_median(5000.7);
  hosts.published.store_probe_num(6);
  CHECK(hosts.published.view().hosts().idle == 3);
  CHECK(hosts.published.view().hosts().ejected == 4);
  CHECK(hosts.table().median_ns() == 5000);
  CHECK(hosts.published.view().probe_num() == 6);
}

TEST_CASE("where the memory has no room the publication moves, and leaves word") {
  heap_arena small(1024);
  heap_arena spare;
  publication published({1, 1}, probe_num, small, spare);
  published.begin_list(2, 2, {});
  for (const auto& one : both) published.join(one.slot, {one.generation, 100}, false);
  published.publish(both, {});
  published.live()[1].latency.store(77);
  published.store_median(88);
  published.store_population({2, 0});
  const auto before = published.view();
  published.begin_list(100, 100, both);
  CHECK_FALSE(before.is_here());
  CHECK_FALSE(before.is_gone());
  CHECK(&published.memory() == &spare);
  const table_view moved(published.view());
  REQUIRE(moved.size() == 2);
  CHECK(moved.at(1) == both[1]);
  CHECK(moved.slot(1)->latency == 77);
  CHECK(moved.median_ns() == 88);
  CHECK(published.view().hosts().idle == 2);
  CHECK(moved.record().changes == 2);
  published.retire();
  CHECK(before.is_gone());
  CHECK(published.view().is_gone());
}

TEST_CASE("where no memory has room nothing changes") {
  heap_arena small(1024);
  publication published({1, 1}, probe_num, small, small);
  published.begin_list(2, 2, {});
  published.publish(both, {});
  CHECK_THROWS_AS(published.begin_list(100, 100, both), std::bad_alloc);
  CHECK(published.view().is_here());
  CHECK(table_view(published.view()).size() == 2);
}

}  // namespace lars::publication_test
