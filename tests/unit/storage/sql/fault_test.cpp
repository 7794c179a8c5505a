// What each kind of error of the databases is to those who called the session.
#include "storage/sql/fault.hpp"

#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <catch2/catch.hpp>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace lars::fault_test {

using namespace lars::storage;

namespace {

// How the session goes on after a fault.
enum class action {
  keep,            // the connection is good, the call fails
  reconnect,       // the connection is dropped
  retry,           // the whole transaction may run again over the same connection
  refuse_the_row,  // the database will never take these values
};

action action_of(const fault& found) {
  // No two of them at once.
  CHECK(static_cast<int>(found.lost) + static_cast<int>(found.again) + static_cast<int>(found.refused) <= 1);
  if (found.lost) return action::reconnect;
  if (found.again) return action::retry;
  return found.refused ? action::refuse_the_row : action::keep;
}

struct expectation {
  int number;
  errc code;
  action then;
};

void check(const std::exception& exception, bool writing, const expectation& expected) {
  INFO("number " << expected.number << (writing ? ", writing" : ", reading"));
  const fault found = fault_of(exception, writing);
  CHECK(found.what.code == expected.code);
  CHECK(action_of(found) == expected.then);
  CHECK(found.what.detail.find("as the server says") != std::string::npos);
}

void check_mysql(const std::vector<expectation>& table, std::initializer_list<bool> writing = {true, false}) {
  for (const expectation& expected : table)
    for (const bool writes : writing)
      check(soci::mysql_soci_error("as the server says", expected.number), writes, expected);
}

void check_sqlite(const std::vector<expectation>& table, std::initializer_list<bool> writing = {true, false}) {
  for (const expectation& expected : table)
    for (const bool writes : writing)
      check(soci::sqlite3_soci_error("as the server says", expected.number), writes, expected);
}

// As execute() throws it.
fault of_mysql_statement(int number, const std::string& sql_state) {
  try {
    throw_mysql_failure("as the server says", number, sql_state);
  } catch (const std::exception& exception) {
    return fault_of(exception, true);
  }
}

}  // namespace

TEST_CASE("MySQL: locks and deadlocks let the transaction run again") {
  check_mysql({{ER_LOCK_WAIT_TIMEOUT, errc::locked, action::retry},
               {ER_LOCK_DEADLOCK, errc::unavailable, action::retry},
               {ER_CHECKREAD, errc::unavailable, action::retry}});
}

TEST_CASE("MySQL: a server that takes no writes is left") {
  check_mysql({{ER_OPTION_PREVENTS_STATEMENT, errc::read_only, action::reconnect},
               {1792, errc::read_only, action::reconnect},
               {1836, errc::read_only, action::reconnect}});
}

TEST_CASE("MySQL: a missing privilege means read-only to those who write, unavailable to those who read") {
  const std::vector<int> denied{ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR,
                                ER_SPECIFIC_ACCESS_DENIED_ERROR};
  for (const int number : denied) {
    check_mysql({{number, errc::read_only, action::reconnect}}, {true});
    check_mysql({{number, errc::unavailable, action::reconnect}}, {false});
  }
}

TEST_CASE("MySQL: a missing database, table or column is named as such") {
  check_mysql({{ER_BAD_DB_ERROR, errc::not_found, action::reconnect},
               {ER_BAD_FIELD_ERROR, errc::schema_mismatch, action::keep},
               {ER_NO_SUCH_TABLE, errc::schema_mismatch, action::keep}});
}

TEST_CASE("MySQL: values that a column or a constraint rejects are refused for good") {
  for (const int number : {1048, 1062, 1216, 1217, 1264, 1265, 1292, 1364, 1366, 1367,
                           1406, 1451, 1452, 1526, 1643, 1644, 1690, 1748, 3819, 4025})
    check_mysql({{number, errc::invalid_argument, action::refuse_the_row}});
}

TEST_CASE("MySQL: a statement that the server does not understand is our error") {
  check_mysql({{ER_PARSE_ERROR, errc::system_error, action::keep}});
}

TEST_CASE("MySQL: lost connections, full servers and unknown numbers are unavailable over this connection") {
  // 2002, 2006, 2013: the client's numbers. 1040: too many connections. 1114: table full. 1047: out of the cluster.
  for (const int number : {2002, 2006, 2013, 1040, 1047, 1053, 1114, 1021, 9999})
    check_mysql({{number, errc::unavailable, action::reconnect}});
}

TEST_CASE("MySQL: a trigger's signal refuses the row by its SQLSTATE, whatever its number") {
  for (const int number : {1644, 1030, 1205, 30001}) {
    INFO(number);
    const fault found = of_mysql_statement(number, "45000");
    CHECK(found.what.code == errc::invalid_argument);
    CHECK(action_of(found) == action::refuse_the_row);
  }
  CHECK(action_of(of_mysql_statement(1205, "HY000")) == action::retry);
  CHECK(action_of(of_mysql_statement(1030, "HY000")) == action::reconnect);
}

TEST_CASE("SQLite: a database that takes no writes is left") {
  check_sqlite({{SQLITE_READONLY, errc::read_only, action::reconnect}});
  check_sqlite({{SQLITE_PERM, errc::read_only, action::reconnect}, {SQLITE_AUTH, errc::read_only, action::reconnect}},
               {true});
  check_sqlite(
      {{SQLITE_PERM, errc::unavailable, action::reconnect}, {SQLITE_AUTH, errc::unavailable, action::reconnect}},
      {false});
}

TEST_CASE("SQLite: a file that is no database of ours is a matter of schema") {
  check_sqlite({{SQLITE_CORRUPT, errc::schema_mismatch, action::reconnect},
                {SQLITE_NOTADB, errc::schema_mismatch, action::reconnect}});
}

TEST_CASE("SQLite: values that a column or a constraint rejects are refused for good") {
  check_sqlite({{SQLITE_CONSTRAINT, errc::invalid_argument, action::refuse_the_row},
                {SQLITE_TOOBIG, errc::invalid_argument, action::refuse_the_row},
                {SQLITE_MISMATCH, errc::invalid_argument, action::refuse_the_row}});
}

TEST_CASE("SQLite: a lock that another program holds is locked to those who write") {
  check_sqlite({{SQLITE_BUSY, errc::locked, action::reconnect}, {SQLITE_LOCKED, errc::locked, action::reconnect}},
               {true});
  check_sqlite(
      {{SQLITE_BUSY, errc::unavailable, action::reconnect}, {SQLITE_LOCKED, errc::unavailable, action::reconnect}},
      {false});
}

TEST_CASE("SQLite: disks that are full or fail, and files that cannot be opened, are unavailable") {
  check_sqlite({{SQLITE_FULL, errc::unavailable, action::reconnect},
                {SQLITE_IOERR, errc::unavailable, action::reconnect},
                {SQLITE_CANTOPEN, errc::unavailable, action::reconnect}});
}

TEST_CASE("SQLite: extended codes count as their primary code") {
  check_sqlite({{SQLITE_CONSTRAINT | (8 << 8), errc::invalid_argument, action::refuse_the_row},
                {SQLITE_READONLY | (4 << 8), errc::read_only, action::reconnect},
                {SQLITE_IOERR | (13 << 8), errc::unavailable, action::reconnect}});
}

TEST_CASE("SQLite: one code covers missing tables and statements that are wrong; the text tells them apart") {
  check_sqlite({{SQLITE_ERROR, errc::system_error, action::keep}});
  for (const char* text : {"no such table: RouteData", "no such column: zone"}) {
    const fault found = fault_of(soci::sqlite3_soci_error(text, SQLITE_ERROR), false);
    CHECK(found.what.code == errc::schema_mismatch);
    CHECK(action_of(found) == action::keep);
  }
}

TEST_CASE("exceptions without a number of a database drop the connection") {
  const fault of_soci = fault_of(soci::soci_error("as SOCI says"), true);
  CHECK(of_soci.what.code == errc::system_error);
  CHECK(action_of(of_soci) == action::reconnect);
  const fault of_file = fault_of(std::system_error(std::make_error_code(std::errc::permission_denied)), true);
  CHECK(of_file.what.code == errc::unavailable);
  CHECK(action_of(of_file) == action::reconnect);
  const fault of_others = fault_of(std::runtime_error("a body failed"), true);
  CHECK(of_others.what.code == errc::system_error);
  CHECK(of_others.what.detail == "a body failed");
  CHECK(action_of(of_others) == action::reconnect);
}

}  // namespace lars::fault_test
