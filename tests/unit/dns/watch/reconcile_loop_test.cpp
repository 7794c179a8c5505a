#include "dns/watch/reconcile_loop.hpp"

#include "fakes.hpp"

namespace lars::dns::reconcile_loop_test {

TEST_CASE("An unannounced edit is found by a pass") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.push_back(row(3, {1, 1}, 3, 80));
  f.reconcile_until(2);
  CHECK(f.stats.reconciles == 1);
  CHECK(f.hosts_of({1, 1}) == 2);
}

TEST_CASE("A change that a poll applied and a hand undid without a word is undone by a pass") {
  watch_fixture f;
  REQUIRE(f.load());
  const auto before = std::exchange(f.reader->routes[0], row(1, {1, 1}, 3, 80));
  f.reader->changes = {{1, {1, 1}, 2}};
  f.reader->mark = {2, 1, 1};
  f.poll_times(1);
  const auto changed = f.routes->current()->digest({1, 1});
  f.reader->routes[0] = before;  // the sums are those of the first load again
  f.reconcile_until(2);
  CHECK(f.routes->current()->digest({1, 1}) != changed);
}

TEST_CASE("A pass fails at any read, changes nothing, and is repeated") {
  for (const std::string call : {"read_change_stamp", "range_sums", "modules_in", "rows_of", "all_settings"}) {
    INFO(call);
    watch_fixture f;
    REQUIRE(f.load());
    f.reader->routes.push_back(row(3, {1, 1}, 3, 80));
    f.reconcile->distrust();
    f.reader->failing[call] = errc::schema_mismatch;
    f.reconcile_timer->on_wait = [&](int waits) {
      if (waits == 2) {
        CHECK(f.stats.reconciles == 0);
        CHECK_FALSE(f.reconcile->trusts());
        f.reader->failing.clear();
      }
      if (waits == 3) f.reconcile->stop();
    };
    f.run(f.reconcile->run());
    CHECK(f.stats.reconciles == 1);
    CHECK(f.reconcile->trusts());
    CHECK(f.hosts_of({1, 1}) == 2);
  }
}

TEST_CASE("Rows that vanished are read again over a new connection") {
  watch_fixture f;
  REQUIRE(f.load());
  const auto rows = std::exchange(f.reader->routes, {});
  f.reconcile_timer->on_wait = [&](int waits) {
    if (waits == 2) f.reader->routes = rows;  // the table was being replaced
    if (waits == 3) f.reconcile->stop();
  };
  f.run(f.reconcile->run());
  CHECK(f.reader->reconnects > 0);
  CHECK(f.hosts_of({1, 1}) == 1);
  CHECK(f.stats.reconciles == 1);
}

TEST_CASE("Rows that stay away are removed") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.clear();
  f.reconcile_until(3);
  CHECK(f.hosts_of({1, 1}) == 0);
  CHECK(f.stats.reconciles == 1);
}

TEST_CASE("A pass that an exception ended leaves nothing to the next one") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.push_back(row(5000, {9, 1}, 3, 80));
  f.reader->throwing = "modules_in";
  CHECK(f.reconcile_until(9) != nullptr);
  REQUIRE(f.reader->calls["modules_in"] == 1);
  // Now another range differs, by a row that was written anew with the same content.
  f.reader->routes.pop_back();
  f.reader->routes[0].id = 3;
  f.reconcile_timer->waits = 0;
  CHECK(f.reconcile_until(3) == nullptr);
  CHECK(f.stats.reconciles == 2);
  CHECK(f.reader->calls["modules_in"] == 2);  // the second pass finds every checksum recorded
}

TEST_CASE("A stop ends a pass between two reads") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.clear();
  f.reconcile_until(2);  // the second wait is the one before sums are read again
  CHECK(f.stats.reconciles == 0);
  CHECK(f.hosts_of({1, 1}) == 1);
}

}  // namespace lars::dns::reconcile_loop_test
