// What a flush of a reporter writes into a real database.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "status_flushes.hpp"

namespace lars::status_store_test {

using namespace lars::storage;
using namespace lars::test;
using content = lars::test::test_database::content;

TEST_CASE("a flush is written with its progress, and the next one sees it") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  const auto written = write(*store, 'a', one_batch('a', 1, 3));
  REQUIRE(written);
  CHECK(written->tracked);
  CHECK(written->rows == 2);
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3)));
  CHECK(calls_in(database) == 3);
  REQUIRE(write(*store, 'a', one_batch('a', 2, 4)));
  CHECK(calls_in(database) == 7);
  CHECK(database.value("SELECT latency_2 FROM CallHistory") == "7");
  CHECK(database.value("SELECT seq FROM ReportProgress WHERE agent_id = '" + agent('a').hex() + "'") == "2");
  CHECK(database.query("SELECT ip, caller, overload FROM ServerCallStatus") ==
        test::text_rows{{"3232235777", "2886729729", "1"}});
}

TEST_CASE("a store that applies without looking at progress is found out") {
  const test_database database(backend::sqlite, content::current);
  const auto store = open_status_store(database.config);
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3)));
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3, true)));
  CHECK(calls_in(database) != 3);
}

TEST_CASE("progress that stays as it is is written all the same, so that a commit can be refused for it") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3)));
  const auto stays = [](const status_state& state) {
    status_plan plan;
    plan.progress = *state.progress;
    return plan;
  };
  const std::string noted = "SELECT seq, updated FROM ReportProgress";
  // Also within one and the same second.
  for (int i = 0; i < 4; ++i) {
    const auto before = database.query(noted);
    REQUIRE(write(*store, 'a', stays));
    const auto after = database.query(noted);
    CHECK(after.at(0).at(0) == "1");
    CHECK(after.at(0).at(1) != before.at(0).at(1));
    CHECK(std::abs(std::stoll(after.at(0).at(1)) - std::stoll(database.value("SELECT UNIX_TIMESTAMP()"))) <= 2);
  }
  // A cluster that has another's write of this row in its queue.
  database.query(
      "CREATE TRIGGER late BEFORE UPDATE ON ReportProgress FOR EACH ROW SIGNAL SQLSTATE '40001'"
      " SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'");
  CHECK_FALSE(write(*store, 'a', stays));
  database.query("DROP TRIGGER late");
  CHECK(write(*store, 'a', stays));
}

TEST_CASE("of two states the newer one stays, unless the older claims to be from the future") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  const auto tell = [&](std::uint32_t succ, std::int64_t ts, bool old_agent) {
    call_status_row row{{1, 1}, {1, 80}, 9, succ, 0, ts, false};
    const auto decide = [&](const auto&) {
      return old_agent ? status_plan{{row}, {}, {}, {}} : status_plan{{}, {row}, {}, {}};
    };
    const auto done = store->write({}, decide, keep_nothing);
    REQUIRE(done);
    return std::stoul(database.value("SELECT succ_cnt FROM ServerCallStatus"));
  };
  CHECK(tell(1, 1000, false) == 1);
  CHECK(tell(2, 999, false) == 1);
  CHECK(tell(3, 1000, false) == 3);
  CHECK(tell(4, 500, true) == 4);
  CHECK(tell(5, 4'000'000'000, false) == 5);
  CHECK(tell(6, 1001, false) == 6);
}

TEST_CASE("the schema of old programs takes the status in its own form, and history once it is migrated") {
  const test_database database(backend::mysql, content::old_schema);
  const auto store = open_status_store(database.config);
  bool untracked = false;
  const auto decide = [&](const status_state& state) {
    untracked = !state.progress;
    return one_batch('a', 1, 3)(state);
  };
  const auto written = store->write({}, decide, keep_nothing);
  REQUIRE(written);
  CHECK(untracked);
  CHECK_FALSE(written->tracked);
  CHECK(database.value("SELECT COUNT(*) FROM ServerCallStatus") == "1");
}

TEST_CASE("a database that may not be written is read-only, and a missing table a matter of schema") {
  const test_database database(backend::mysql, content::current);
  database.query("create or replace user lars_reads@'%'");
  database.query("grant select on *.* to lars_reads@'%'");
  storage_config config = database.config;
  config.connect.replace(config.connect.find("user=root"), 9, "user=lars_reads");
  const auto store = open_status_store(config);
  CHECK(write(*store, 'a', one_batch('a', 1, 3)).error().code == errc::read_only);
  const test_database empty(backend::mysql, content::empty);
  CHECK(write(*open_status_store(empty.config), 'a', one_batch('a', 1, 3)).error().code == errc::schema_mismatch);
}

}  // namespace lars::status_store_test
