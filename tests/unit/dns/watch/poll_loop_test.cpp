#include "dns/watch/poll_loop.hpp"

#include "fakes.hpp"

namespace lars::dns::poll_loop_test {

TEST_CASE("The table is loaded once the database answers") {
  watch_fixture f;
  f.reader->failing["load"] = errc::unavailable;
  f.poll_timer->on_wait = [&](int waits) {
    CHECK_FALSE(f.routes->stats().loaded);
    if (waits == 3) f.reader->failing.clear();
  };
  CHECK(f.load());
  CHECK(f.stats.storage_failures == 3);
  CHECK(f.hosts_of({1, 1}) == 1);
  CHECK(f.is_well());
}

TEST_CASE("A stop ends the attempts to load") {
  watch_fixture f;
  f.reader->failing["poll"] = errc::unavailable;
  f.poll_timer->on_wait = [&](int) { f.poll->stop(); };
  CHECK_FALSE(f.load());
  CHECK(f.reader->calls["load"] == 0);
}

TEST_CASE("A failed poll counts as lost, and the next good one asks for a reconcile") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->failing["poll"] = errc::unavailable;
  f.poll_timer->waits = 0;
  f.poll_timer->on_wait = [&](int waits) {
    if (waits == 1) {
      CHECK_FALSE(f.is_well());
      f.reader->failing.clear();
    }
    if (waits == 2) f.poll->stop();
  };
  f.run(f.poll->run());
  CHECK(f.stats.storage_failures == 1);
  CHECK_FALSE(f.reconcile->trusts());
  CHECK_FALSE(f.is_well());  // until a pass has compared everything
}

TEST_CASE("A change whose rows cannot be read is read after the next poll") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.push_back(row(3, {1, 1}, 3, 80));
  f.reader->changes = {{1, {1, 1}, 2}};
  f.reader->mark = {2, 1, 1};
  f.reader->failing["rows_of"] = errc::unavailable;
  f.poll_timer->waits = 0;
  f.poll_timer->on_wait = [&](int waits) {
    if (waits == 1) {
      CHECK(f.hosts_of({1, 1}) == 1);
      f.reader->failing.clear();
    }
    if (waits == 2) f.poll->stop();
  };
  f.run(f.poll->run());
  CHECK(f.hosts_of({1, 1}) == 2);
  CHECK(f.stats.storage_failures == 1);
}

TEST_CASE("A table that became empty all at once is not applied") {
  watch_fixture f;
  REQUIRE(f.load());
  f.reader->routes.clear();
  f.reader->changes = {{1, {1, 1}, 2}};
  f.reader->mark = {2, 1, 1};
  f.poll_times(1);
  CHECK(f.hosts_of({1, 1}) == 1);
  CHECK(f.stats.storage_failures == 1);
}

}  // namespace lars::dns::poll_loop_test
