#include "dns/change_watcher.hpp"

#include <catch2/catch.hpp>

namespace lars::dns {

namespace {

using namespace std::chrono_literals;
using storage::change_mark;
using storage::change_row;
using kind = watch_step::kind;

constexpr route_key a{1, 1};
constexpr route_key b{2, 1};

// A watcher and the database it looks at, as the tests tell it.
struct conversation {
  base::time_point now{1000s};
  change_mark mark;
  std::vector<change_row> rows;
  change_watcher watcher;
  std::vector<route_key> refreshed;
  bool reconciled = false;

  explicit conversation(change_mark loaded, std::vector<change_row> there = {})
      : mark(loaded), rows(std::move(there)), watcher(loaded, now) {
    poll();       // the first looks read what was there at loading
    now += 1min;  // and then it is quiet
    poll();
    refreshed.clear();
  }

  // A poll, and everything that it leads to.
  void poll() {
    now += 200ms;
    refreshed.clear();
    reconciled = false;
    watcher.on_poll(mark, now);
    for (auto step = watcher.next(); step.what != kind::wait; step = watcher.next()) perform(step);
  }

  void perform(const watch_step& step) {
    if (step.what == kind::read_changes) {
      std::vector<change_row> found;
      for (const auto& row : rows)
        if (row.id > step.after) found.push_back(row);
      watcher.on_changes(found);
    } else if (step.what == kind::refresh) {
      refreshed.insert(refreshed.end(), step.modules.begin(), step.modules.end());
      watcher.on_refreshed(step.modules);
    } else {
      reconciled = true;
    }
  }

  void add_row(change_row row) {
    rows.push_back(row);
    mark.last_change_id = std::max(mark.last_change_id, row.id);
  }
};

}  // namespace

TEST_CASE("Nothing is read while nothing changes") {
  conversation talk({100, 5}, {{5, a, 100}});
  talk.watcher.on_poll(talk.mark, talk.now + 1s);
  CHECK(talk.watcher.next().what == kind::wait);
}

TEST_CASE("Right after loading the rows just below the mark are read: they may have been committed since") {
  change_watcher watcher({100, 1000}, base::time_point(0s));
  watcher.on_poll({100, 1000}, base::time_point(200ms));
  const auto step = watcher.next();
  CHECK(step.what == kind::read_changes);
  CHECK(step.after == 1000 - change_watcher::lookback);
}

TEST_CASE("A change of ours is read by module, and explained by its row") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("Two changes in one second both lead to a read") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.poll();
  talk.add_row({7, b, 101});
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A poll between the steps of a foreign change reads the module once and needs no reconcile") {
  conversation talk({100, 5});
  talk.add_row({6, a, 200});
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
  talk.mark.version = 200;
  talk.poll();
  CHECK(talk.refreshed.empty());
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A version that moves backwards with its row is a change like any other") {
  conversation talk({500, 5});
  talk.add_row({6, a, 400});
  talk.mark.version = 400;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A version that moved without a row to explain it reconciles at once") {
  conversation forward({100, 5});
  forward.mark.version = 101;
  forward.poll();
  CHECK(forward.reconciled);
  conversation backward({100, 5});
  backward.mark.version = 99;
  backward.poll();
  CHECK(backward.reconciled);
}

TEST_CASE("A row of another version explains nothing") {
  conversation talk({100, 5});
  talk.add_row({6, a, 150});
  talk.mark.version = 151;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
  CHECK(talk.reconciled);
}

TEST_CASE("A row explains one move of the version, not a second one back to it") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.poll();
  CHECK_FALSE(talk.reconciled);
  talk.mark.version = 99;
  talk.poll();
  CHECK(talk.reconciled);
  talk.mark.version = 101;
  talk.poll();
  CHECK(talk.reconciled);
}

TEST_CASE("A smaller highest id reconciles at once: an old dns ate rows") {
  conversation talk({100, 5}, {{4, a, 99}, {5, b, 100}});
  talk.rows.clear();
  talk.mark.last_change_id = 0;
  talk.poll();
  CHECK(talk.reconciled);
  talk.poll();
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("Another database behind the same name reconciles at once, whatever it says") {
  conversation talk({100, 5}, {{5, a, 100}});
  ++talk.mark.source;
  talk.poll();
  CHECK(talk.reconciled);
  talk.poll();
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("After rows were eaten there is a second look when the second of their version is over") {
  conversation talk({100, 5}, {{5, a, 100}});
  talk.rows.clear();
  talk.mark.last_change_id = 0;
  talk.poll();
  REQUIRE(talk.reconciled);
  talk.now += 500ms;
  talk.poll();
  CHECK_FALSE(talk.reconciled);
  talk.now += 500ms;
  talk.poll();
  CHECK(talk.reconciled);
  talk.now += 1min;
  talk.poll();
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A row that was eaten before it was seen shows by the version") {
  conversation talk({100, 5});
  talk.mark.version = 130;
  talk.poll();
  CHECK(talk.refreshed.empty());
  CHECK(talk.reconciled);
}

TEST_CASE("An id that is used again is a new change") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.poll();
  talk.rows.back() = {6, b, 102};
  talk.mark.version = 102;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A row that is committed after a row with a higher id is found") {
  conversation talk({100, 50});
  talk.add_row({60, a, 101});
  talk.mark.version = 101;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
  talk.rows.insert(talk.rows.begin(), {59, b, 101});  // no inequality at all: same second, lower id
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A late row within the lookback is found by the next change, however much later") {
  conversation talk({100, 1000});
  talk.add_row({1001, a, 101});
  talk.mark.version = 101;
  talk.poll();
  talk.now += 1h;
  talk.rows.insert(talk.rows.begin(), {1000 - change_watcher::lookback + 2, b, 103});
  talk.mark.version = 103;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
}

TEST_CASE("Rows of the lookback are not read twice") {
  conversation talk({100, 5}, {{4, a, 99}, {5, a, 100}});
  talk.add_row({6, b, 101});
  talk.mark.version = 101;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
}

TEST_CASE("A read that failed is asked for again at the next poll") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.watcher.on_poll(talk.mark, talk.now);
  REQUIRE(talk.watcher.next().what == kind::read_changes);  // and it fails
  talk.now += 1min;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
}

TEST_CASE("A module that could not be read is owed until it was") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.watcher.on_poll(talk.mark, talk.now);
  talk.perform(talk.watcher.next());
  REQUIRE(talk.watcher.next().what == kind::refresh);  // and it fails
  talk.now += 1min;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
}

TEST_CASE("A large change is read in parts") {
  conversation talk({100, 5});
  for (std::int32_t i = 0; i < 1200; ++i) talk.add_row({static_cast<std::uint64_t>(6 + i), {i, 9}, 101});
  talk.mark.version = 101;
  talk.watcher.on_poll(talk.mark, talk.now);
  talk.perform(talk.watcher.next());
  CHECK(talk.watcher.next().modules.size() == change_watcher::refresh_limit);
  talk.poll();
  CHECK(talk.refreshed.size() == 1200);
  CHECK_FALSE(talk.reconciled);
}

}  // namespace lars::dns
