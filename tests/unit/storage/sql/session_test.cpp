// How a session answers what goes wrong in a body: once or again, with which transaction and over which connection.
// The database is SQLite's in memory: it is gone with its connection, which shows whether that was kept.
#include "storage/sql/session.hpp"

#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>

namespace lars::session_test {

using namespace lars::storage;

namespace {

constexpr int write_attempts = 5;

session in_memory(session_config settings = {}) {
  settings.create = true;
  return session({backend::sqlite, ":memory:", nullptr}, settings);
}

void make_table(session& database) {
  REQUIRE(database.plain([](soci::session& sql) -> result<void> {
    execute(sql, backend::sqlite, "CREATE TABLE notes (number INTEGER)");
    return {};
  }));
}

void add_note(soci::session& sql) { execute(sql, backend::sqlite, "INSERT INTO notes VALUES (1)"); }

// -1: the table is gone, with the connection that had it.
int notes(session& database) {
  const auto counted = database.plain([](soci::session& sql) -> result<int> {
    int number = 0;
    sql << "SELECT COUNT(*) FROM notes", soci::into(number);
    return number;
  });
  if (counted) return *counted;
  CHECK(counted.error().code == errc::schema_mismatch);
  return -1;
}

// Writes a note and then fails with MySQL's number, `failures` times. Counts its calls.
auto failing(int number, int failures, int& calls) {
  return [number, failures, &calls](soci::session& sql) -> result<void> {
    add_note(sql);
    if (++calls <= failures) throw soci::mysql_soci_error("planned", number);
    return {};
  };
}

}  // namespace

TEST_CASE("a deadlock undoes the transaction and runs the body again over the same connection") {
  session database = in_memory();
  make_table(database);
  int calls = 0;
  CHECK(database.write(failing(ER_LOCK_DEADLOCK, 2, calls)));
  CHECK(calls == 3);
  CHECK(notes(database) == 1);
}

TEST_CASE("a deadlock that does not end is given up after some attempts") {
  session database = in_memory();
  make_table(database);
  int calls = 0;
  CHECK(database.write(failing(ER_LOCK_DEADLOCK, 100, calls)).error().code == errc::unavailable);
  CHECK(calls == write_attempts);
  CHECK(notes(database) == 0);
}

TEST_CASE("reads run once, whatever fails") {
  session database = in_memory();
  make_table(database);
  int calls = 0;
  CHECK(database.snapshot(failing(ER_LOCK_DEADLOCK, 100, calls)).error().code == errc::unavailable);
  CHECK(calls == 1);
  CHECK(notes(database) == 0);
}

TEST_CASE("a lock of another program is tried again only where the settings say so") {
  for (const bool retry : {true, false}) {
    session database = in_memory({.retry_locked = retry});
    make_table(database);
    int calls = 0;
    CHECK(database.write(failing(ER_LOCK_WAIT_TIMEOUT, 100, calls)).error().code == errc::locked);
    CHECK(calls == (retry ? write_attempts : 1));
    CHECK(notes(database) == 0);
  }
}

TEST_CASE("refused values undo the transaction and keep the connection") {
  session database = in_memory();
  make_table(database);
  int calls = 0;
  CHECK(database.write(failing(ER_DUP_ENTRY, 1, calls)).error().code == errc::invalid_argument);
  CHECK(calls == 1);
  CHECK(notes(database) == 0);
}

TEST_CASE("a lost connection is not tried again; the next call makes a new one") {
  session database = in_memory();
  make_table(database);
  const auto generation = database.generation();
  int calls = 0;
  CHECK(database.write(failing(ER_SERVER_SHUTDOWN, 1, calls)).error().code == errc::unavailable);
  CHECK(calls == 1);
  CHECK(notes(database) == -1);
  CHECK(database.generation() == generation + 1);
}

TEST_CASE("an exception of a body that no database threw drops the connection") {
  session database = in_memory();
  make_table(database);
  const auto outcome = database.write([](soci::session&) -> result<void> { throw std::runtime_error("planned"); });
  CHECK(outcome.error().code == errc::system_error);
  CHECK(outcome.error().detail == "planned");
  CHECK(notes(database) == -1);
}

TEST_CASE("an error that a body returns undoes its transaction and comes out as it is") {
  session database = in_memory();
  make_table(database);
  const auto outcome = database.write([](soci::session& sql) -> result<void> {
    add_note(sql);
    return {errc::not_found, "no such host"};
  });
  CHECK(outcome.error().code == errc::not_found);
  CHECK(outcome.error().detail == "no such host");
  CHECK(notes(database) == 0);
}

TEST_CASE("a body that ended its transaction itself is an error, and the next call begins anew") {
  session database = in_memory();
  make_table(database);
  const auto outcome = database.write([](soci::session& sql) -> result<void> {
    add_note(sql);
    execute(sql, backend::sqlite, "ROLLBACK");
    return {};
  });
  CHECK(outcome.error().code == errc::system_error);
  CHECK(database.write([](soci::session& sql) -> result<void> {
    add_note(sql);
    return {};
  }));
  CHECK(notes(database) == 1);
}

TEST_CASE("after an interruption every call fails at once, without running its body") {
  session database = in_memory();
  make_table(database);
  database.interrupt();
  int calls = 0;
  CHECK(database.plain(failing(0, 0, calls)).error().code == errc::unavailable);
  CHECK(database.write(failing(0, 0, calls)).error().code == errc::unavailable);
  CHECK(calls == 0);
}

TEST_CASE("a lock that is waited for when the interruption comes is not waited for again") {
  session database = in_memory();
  make_table(database);
  int calls = 0;
  const auto outcome = database.write([&](soci::session&) -> result<void> {
    ++calls;
    database.interrupt();
    throw soci::mysql_soci_error("planned", ER_LOCK_WAIT_TIMEOUT);
  });
  CHECK(outcome.error().code == errc::unavailable);
  CHECK(calls == 1);
}

TEST_CASE("a call waits while another one fills the database, and an interruption ends the wait") {
  const auto filling = std::make_shared<std::atomic<bool>>(true);
  session database({backend::sqlite, ":memory:", filling}, {.create = true});
  auto call =
      std::async(std::launch::async, [&] { return database.plain([](soci::session&) -> result<int> { return 7; }); });
  SECTION("filled") {
    *filling = false;
    CHECK(call.get().value() == 7);
  }
  SECTION("interrupted") {
    database.interrupt();
    CHECK(call.get().error().code == errc::unavailable);
  }
}

TEST_CASE("a file that is not there is not made unless the settings say so") {
  session database({backend::sqlite, "/nowhere/at/all.db", nullptr});
  int calls = 0;
  const auto outcome = database.plain(failing(0, 0, calls));
  CHECK(outcome.error().code == errc::not_found);
  CHECK(outcome.error().detail == "/nowhere/at/all.db");
  CHECK(calls == 0);
}

}  // namespace lars::session_test
