// Upkeep of CallHistory in a real database: no call is lost or counted twice on its way into coarser steps.

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "storage/sql/open_storage.hpp"
#include "support/test_database.hpp"

namespace lars::history_store_test {

using namespace lars::storage;
using namespace std::chrono_literals;
using lars::test::mariadb_server;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

base::agent_id name(char letter) { return *base::agent_id::from_bytes(std::string(16, letter)); }

result<void> keep_nothing(std::span<const refused_row>) { return {errc::io_failed, "nothing was to be refused"}; }

void add(status_store& store, std::int32_t modid, std::int64_t bucket, std::uint64_t calls) {
  const auto decide = [&](const auto&) {
    history_row row{{modid, 1}, {1, 80}, finest_step, bucket, {calls, 1, 10, 20, {}}};
    row.sums.latency[15] = calls;
    return status_plan{{}, {}, {row}, {}};
  };
  const auto done = store.write({}, decide, keep_nothing);
  REQUIRE(done);
}

std::uint64_t total(const test_database& database) {
  return std::stoull(database.value("SELECT COALESCE(SUM(succ + err), 0) FROM CallHistory"));
}

std::size_t roll_up_all(history_store& store, std::uint32_t from, std::uint32_t to, std::int64_t before) {
  std::size_t moved = 0;
  while (true) {
    const auto rows = store.roll_up(from, to, before);
    REQUIRE(rows);
    if (*rows == 0) return moved;
    moved += *rows;
  }
}

}  // namespace

TEST_CASE("rows of ten seconds become minutes, and minutes hours, to the call") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  const auto keeper = open_history_store(database.config);
  for (std::int64_t bucket = 7200; bucket < 10800; bucket += 10) add(*store, 1, bucket, 2);
  add(*store, -5, 7230, 100);
  const auto all = total(database);
  CHECK(roll_up_all(*keeper, 10, 60, 9000) == 181);
  CHECK(total(database) == all);
  CHECK(database.value("SELECT COUNT(*) FROM CallHistory WHERE step = 60") == "31");
  CHECK(database.value("SELECT MIN(bucket) FROM CallHistory WHERE step = 10") == "9000");
  CHECK(database.query("SELECT succ, err, latency_sum_us, cost_sum, latency_15 FROM CallHistory WHERE step = 60 AND"
                       " bucket = 7260") == test::text_rows{{"12", "6", "60", "120", "12"}});
  CHECK(roll_up_all(*keeper, 10, 60, 9000) == 0);
  CHECK(roll_up_all(*keeper, 10, 60, 10800) == 180);
  CHECK(roll_up_all(*keeper, 60, 3600, 10799) == 0);
  CHECK(roll_up_all(*keeper, 60, 3600, 10800) == 61);
  CHECK(total(database) == all);
  CHECK(database.value("SELECT COUNT(*) FROM CallHistory") == "2");
}

TEST_CASE("calls that arrive late are moved after those that came in time") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  const auto keeper = open_history_store(database.config);
  add(*store, 1, 600, 5);
  CHECK(roll_up_all(*keeper, 10, 60, 10000) == 1);
  add(*store, 1, 600, 7);
  add(*store, 1, 610, 1);
  CHECK(roll_up_all(*keeper, 10, 60, 10000) == 2);
  CHECK(database.query("SELECT step, bucket, succ FROM CallHistory") == test::text_rows{{"60", "600", "13"}});
}

TEST_CASE("a roll-up that is cut short has moved everything or nothing") {
  const test_database database(backend::mysql, content::current);
  mariadb_server& server = mariadb_server::shared();
  const auto store = open_status_store(database.config);
  const auto keeper = open_history_store(database.config);
  for (std::int32_t modid = 1; modid <= 300; ++modid) add(*store, modid, 600, 1);
  const auto all = total(database);
  for (int i = 0; i < 3; ++i) {
    std::thread killer([&] {
      // No event says how far the roll-up is: three moments, spread over its duration.
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + 2 * i));
      server.kill();
    });
    [[maybe_unused]] const auto outcome = keeper->roll_up(10, 60, 10000);
    killer.join();
    server.start();
    CHECK(total(database) == all);
  }
  roll_up_all(*keeper, 10, 60, 10000);
  CHECK(total(database) == all);
  CHECK(database.value("SELECT COUNT(*) FROM CallHistory WHERE step = 10") == "0");
}

TEST_CASE("writers and two that roll up at once lose nothing between them") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  std::atomic<bool> writing = true;
  std::atomic<std::uint64_t> added = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n)
    threads.emplace_back([&] {
      const auto store = open_status_store(database.config);
      for (std::int64_t i = 0; i < 200; ++i) {
        const auto plan = [&](const auto&) {
          return status_plan{{}, {}, {{{1, 1}, {1, 80}, finest_step, 600 + i % 30 * 10, {1, 0, 0, 0, {}}}}, {}};
        };
        while (!store->write({}, plan, keep_nothing)) std::this_thread::yield();
        ++added;
      }
    });
  for (int n = 0; n < 2; ++n)
    threads.emplace_back([&] {
      const auto keeper = open_history_store(database.config);
      while (writing) [[maybe_unused]] const auto outcome = keeper->roll_up(10, 60, 1'000'000);
    });
  threads[0].join();
  threads[1].join();
  writing = false;
  threads[2].join();
  threads[3].join();
  roll_up_all(*open_history_store(database.config), 10, 60, 1'000'000);
  CHECK(total(database) == added);
}

TEST_CASE("what is too old is deleted, the oldest first") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  const auto keeper = open_history_store(database.config);
  for (std::int64_t bucket = 0; bucket < 100; bucket += 10) add(*store, 1, bucket, 1);
  std::size_t gone = 0;
  while (const auto rows = *keeper->erase_history(10, 55)) gone += rows;
  CHECK(gone == 5);
  CHECK(database.value("SELECT MIN(bucket) FROM CallHistory") == "50");
}

TEST_CASE("progress goes when nobody has heard of its agent for long") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto keeper = open_history_store(database.config);
  database.query("INSERT INTO ReportProgress (agent_id, seq, updated) VALUES ('" + name('a').hex() + "', 5, 100), ('" +
                 name('b').hex() + "', 6, 200)");
  CHECK(*keeper->erase_progress(200) == 1);
  CHECK(database.value("SELECT seq FROM ReportProgress") == "6");
  CHECK(*keeper->erase_progress(200) == 0);
}

TEST_CASE("one holds the lease at a time, and another when it has run out or is given up") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto first = open_history_store(database.config), second = open_history_store(database.config);
  CHECK(*first->hold_lease(name('a'), 30s));
  CHECK_FALSE(*second->hold_lease(name('b'), 30s));
  CHECK(*first->hold_lease(name('a'), 30s));
  database.query("UPDATE LarsLease SET expires = expires - 31");
  CHECK(*second->hold_lease(name('b'), 30s));
  CHECK_FALSE(*first->hold_lease(name('a'), 30s));
  REQUIRE(first->release_lease(name('a')));
  CHECK_FALSE(*first->hold_lease(name('a'), 30s));
  REQUIRE(second->release_lease(name('b')));
  CHECK(*first->hold_lease(name('a'), 30s));
}

TEST_CASE("a database without history says so") {
  const test_database database(backend::mysql, content::old_schema);
  CHECK(open_history_store(database.config)->hold_lease(name('a'), 30s).error().code == errc::schema_mismatch);
}

TEST_CASE("progress of many agents expires on a server that takes short statements only") {
  const test_database database(backend::mysql, content::current);
  database.query(
      "INSERT INTO ReportProgress (agent_id, seq, updated) SELECT LPAD(seq, 32, '0'), 1, 5 FROM seq_1_to_1000");
  const test::packet_limit limit(8192);
  CHECK(open_history_store(database.config)->erase_progress(100).value() == 1000);
  CHECK(database.value("SELECT COUNT(*) FROM ReportProgress") == "0");
}

TEST_CASE("who doubts the clock is heard by all, for a time, beside the lease") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto one = open_history_store(database.config), other = open_history_store(database.config);
  CHECK(one->newest_progress().value() == 0);
  CHECK_FALSE(one->clock_doubted().value());
  REQUIRE(one->hold_lease(name('a'), 30s).value());
  REQUIRE(other->doubt_clock(name('b'), 30s));
  REQUIRE(other->doubt_clock(name('c'), 30s));
  CHECK(one->clock_doubted().value());
  CHECK(other->clock_doubted().value());
  CHECK_FALSE(other->hold_lease(name('b'), 30s).value());
  REQUIRE(other->doubt_clock(name('b'), 0s));
  CHECK_FALSE(one->clock_doubted().value());
  database.query("INSERT INTO ReportProgress (agent_id, seq, updated) VALUES ('" + name('d').hex() + "', 1, 77)");
  CHECK(one->newest_progress().value() == 77);
}

}  // namespace lars::history_store_test
