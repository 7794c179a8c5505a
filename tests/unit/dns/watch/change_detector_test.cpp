#include "dns/watch/change_detector.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

namespace lars::dns::change_detector_test {

namespace {

using namespace std::chrono_literals;
using storage::change_mark;
using storage::change_row;
using kind = poll_step::kind;

constexpr route_key a{1, 1};
constexpr route_key b{2, 1};

// A detector and the database it looks at, as the tests tell it.
struct conversation {
  base::time_point now{1000s};
  change_mark mark;
  std::vector<change_row> rows;
  change_detector detector;
  std::vector<route_key> refreshed;
  bool reconciled = false;
  std::vector<kind> steps;  // of the last poll

  explicit conversation(change_mark loaded, std::vector<change_row> there = {})
      : mark(loaded), rows(std::move(there)), detector(loaded, now) {
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
    steps.clear();
    detector.on_poll(mark, now);
    for (auto step = detector.next(); step.what != kind::wait; step = detector.next()) perform(step);
  }

  // From now on late rows are looked for, as on a database where they may come.
  void watch_late() {
    const auto end = change_detector::late_ids_end(mark);
    detector.watch_late(mark, counts(late_change_finder::widest(end)), now);
  }

  std::vector<storage::change_count> counts(storage::id_span ids) const {
    std::map<std::uint64_t, std::uint64_t> found;
    for (const auto& row : rows)
      if (row.id >= ids.first && row.id <= ids.last) ++found[row.id / storage::range_width];
    std::vector<storage::change_count> all;
    for (const auto& [range, number] : found) all.push_back({range, number});
    return all;
  }

  void perform(const poll_step& step) {
    steps.push_back(step.what);
    if (step.what == kind::read_changes) {
      std::vector<change_row> found;
      for (const auto& row : rows)
        if (row.id > step.after) found.push_back(row);
      detector.on_changes(found);
    } else if (step.what == kind::count_changes) {
      detector.on_counts(counts(step.ids), now, now + 1ms);
    } else if (step.what == kind::read_ranges) {
      std::vector<change_row> found;
      for (const auto& row : rows)
        if (std::ranges::find(step.ranges, row.id / storage::range_width) != step.ranges.end()) found.push_back(row);
      detector.on_late_changes(found);
    } else if (step.what == kind::refresh) {
      refreshed.insert(refreshed.end(), step.modules.begin(), step.modules.end());
      detector.on_refreshed(step.modules);
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
  talk.detector.on_poll(talk.mark, talk.now + 1s);
  CHECK(talk.detector.next().what == kind::wait);
}

TEST_CASE("Right after loading the rows just below the mark are read: they may have been committed since") {
  change_detector detector({100, 1000}, base::time_point(0s));
  detector.on_poll({100, 1000}, base::time_point(200ms));
  const auto step = detector.next();
  CHECK(step.what == kind::read_changes);
  CHECK(step.after == 1000 - change_detector::lookback);
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
  talk.rows.insert(talk.rows.begin(), {1000 - change_detector::lookback + 2, b, 103});
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
  talk.detector.on_poll(talk.mark, talk.now);
  REQUIRE(talk.detector.next().what == kind::read_changes);  // and it fails
  talk.now += 1min;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
}

TEST_CASE("A module that could not be read is owed until it was") {
  conversation talk({100, 5});
  talk.add_row({6, a, 101});
  talk.mark.version = 101;
  talk.detector.on_poll(talk.mark, talk.now);
  talk.perform(talk.detector.next());
  REQUIRE(talk.detector.next().what == kind::refresh);  // and it fails
  talk.now += 1min;
  talk.poll();
  CHECK(talk.refreshed == std::vector{a});
}

TEST_CASE("A large change is read in parts") {
  conversation talk({100, 5});
  for (std::int32_t i = 0; i < 1200; ++i) talk.add_row({static_cast<std::uint64_t>(6 + i), {i, 9}, 101});
  talk.mark.version = 101;
  talk.detector.on_poll(talk.mark, talk.now);
  talk.perform(talk.detector.next());
  CHECK(talk.detector.next().modules.size() == change_detector::refresh_limit);
  talk.poll();
  CHECK(talk.refreshed.size() == 1200);
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A late row far below the highest id is found, though nothing else shows it") {
  conversation talk({100, 5000}, {{4000, a, 90}, {5000, a, 100}});
  talk.watch_late();
  talk.now += 1s;
  talk.poll();
  CHECK(talk.refreshed.empty());
  talk.rows.push_back({3000, b, 100});
  talk.now += late_change_finder::interval;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK_FALSE(talk.reconciled);
  talk.now += 1s;
  talk.poll();
  CHECK(talk.refreshed.empty());
}

TEST_CASE("A late row just below the highest id is found likewise, without another change") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  talk.now += 1min;
  talk.poll();
  talk.rows.push_back({4990, b, 100});
  talk.now += late_change_finder::interval;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
}

TEST_CASE("A version that a late row explains needs no reconcile, and is looked into at once") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  talk.now += 1s;
  talk.poll();
  talk.rows.push_back({3000, b, 104});
  talk.mark.version = 104;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("A version that no late row explains reconciles as ever") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  talk.now += 1s;
  talk.poll();
  talk.rows.push_back({3000, b, 103});
  talk.mark.version = 104;
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  CHECK(talk.reconciled);
  talk.mark.version = 105;
  talk.poll();
  CHECK(talk.reconciled);
}

TEST_CASE("Changes that come in their order are not late, however many they are") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  for (std::uint64_t id = 5001; id <= 12'000; ++id) {
    talk.add_row({id, a, 101});
    if (id % 700 == 0) talk.poll();
  }
  talk.mark.version = 101;
  talk.poll();
  talk.now += 1s;
  talk.poll();
  CHECK(std::ranges::count(talk.steps, kind::count_changes) == 1);
  CHECK(std::ranges::count(talk.steps, kind::read_ranges) == 0);
  CHECK(talk.refreshed.empty());
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("Late rows in many ranges are read in parts") {
  conversation talk({100, 100'000}, {{100'000, a, 100}});
  talk.watch_late();
  for (std::uint64_t id = 0; id < 40; ++id)
    talk.rows.push_back({id * storage::range_width + 1, {static_cast<std::int32_t>(id), 9}, 100});
  talk.now += 1s;
  talk.poll();
  CHECK(std::ranges::count(talk.steps, kind::read_ranges) == 3);
  CHECK(talk.refreshed.size() == 40);
}

TEST_CASE("A look for late rows that failed is made again at the next poll") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  talk.rows.push_back({3000, b, 104});
  talk.mark.version = 104;
  talk.now += 200ms;
  talk.detector.on_poll(talk.mark, talk.now);
  talk.perform(talk.detector.next());
  REQUIRE(talk.detector.next().what == kind::count_changes);  // and it fails
  talk.poll();
  CHECK(talk.refreshed == std::vector{b});
  talk.rows.push_back({3001, a, 105});
  talk.mark.version = 105;
  talk.detector.on_poll(talk.mark, talk.now);
  talk.perform(talk.detector.next());
  talk.perform(talk.detector.next());
  REQUIRE(talk.detector.next().what == kind::read_ranges);  // and it fails
  talk.poll();
  CHECK(talk.refreshed == std::vector{a, b});
  CHECK_FALSE(talk.reconciled);
}

TEST_CASE("Another database begins anew with its late rows") {
  conversation talk({100, 5000}, {{5000, a, 100}});
  talk.watch_late();
  talk.rows = {{1000, a, 50}, {2000, b, 60}, {4000, a, 100}};
  talk.mark = {100, 4000, 1};
  talk.poll();
  CHECK(talk.reconciled);
  talk.now += 1min;
  talk.poll();  // the second look
  CHECK(talk.refreshed.empty());
  talk.rows.push_back({1500, b, 100});
  talk.now += 1s;
  talk.poll();
  CHECK(std::ranges::count(talk.steps, kind::read_ranges) == 1);
  CHECK(talk.refreshed == std::vector{b});
}

}  // namespace lars::dns::change_detector_test
