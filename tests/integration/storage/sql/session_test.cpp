#include "storage/sql/session.hpp"

#include <soci/soci.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/sql/open_storage.hpp"
#include "support/test_database.hpp"

namespace lars::session_test {

using namespace lars::storage;
using namespace std::chrono_literals;
using lars::test::mariadb_server;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

// Global variables of the shared server, put back at the end.
class global_settings {
public:
  void set(const std::string& name, const std::string& value) {
    auto& server = mariadb_server::shared();
    const auto before = server.query("", "select @@global." + name).at(0).at(0);
    server.query("", "set global " + name + " = " + value);
    undo_.push_back("set global " + name + " = " + (is_number(before) ? before : "'" + before + "'"));
  }
  ~global_settings() {
    for (const auto& statement : undo_) mariadb_server::shared().query("", statement);
  }

private:
  static bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  }
  std::vector<std::string> undo_;
};

result<std::string> ask(session& database, const std::string& expression) {
  return database.plain([&](soci::session& sql) -> result<std::string> {
    std::string value;
    sql << "select " + expression, soci::into(value);
    return value;
  });
}

// Ends a connection from the server's side and waits until the farewell has arrived.
void end_connection(const std::string& id) {
  auto& server = mariadb_server::shared();
  server.query("", "kill " + id);
  while (server.query("", "select count(*) from information_schema.processlist where id = " + id).at(0).at(0) != "0")
    std::this_thread::sleep_for(5ms);  // a poll: the server sends no event
}

}  // namespace

TEST_CASE("a connection that the server closed while it lay idle is replaced without an error, for reads too") {
  const test_database base(backend::mysql, content::current);
  session database(base.config);
  const auto first = ask(database, "concat(connection_id())");
  REQUIRE(first);
  const auto generation = database.generation();
  end_connection(*first);
  const auto second = ask(database, "concat(connection_id())");
  REQUIRE(second);
  CHECK(*second != *first);
  CHECK(database.generation() > generation);
}

TEST_CASE("a connection of some age is replaced, and the same server stays the same") {
  const test_database base(backend::mysql, content::current);
  session database(base.config, {.renew_after = 0ms, .leave_demoted = true});
  const auto first = ask(database, "concat(connection_id())");
  const auto generation = database.generation();
  const auto second = ask(database, "concat(connection_id())");
  REQUIRE((first && second));
  CHECK(*first != *second);
  CHECK(database.generation() == generation);
}

TEST_CASE("a server that became read-only is left, and a replica on purpose is read") {
  const test_database base(backend::mysql, content::current);
  global_settings settings;
  session database(base.config, {.renew_after = 0ms, .leave_demoted = true});
  REQUIRE(ask(database, "'x'"));
  settings.set("read_only", "1");
  CHECK(ask(database, "'x'").error().code == errc::read_only);
  CHECK(ask(database, "'x'").error().code == errc::read_only);
  session of_replica(base.config, {.renew_after = 0ms, .leave_demoted = true});
  CHECK(ask(of_replica, "'x'"));
  CHECK(ask(of_replica, "'x'"));
  session of_a_person(base.config, {.renew_after = 0ms});
  CHECK(ask(of_a_person, "'x'"));
  mariadb_server::shared().query("", "set global read_only = 0");
  CHECK(ask(database, "'x'"));
}

TEST_CASE("defaults of the server change neither what is read nor what is written") {
  const test_database base(backend::mysql, content::current);
  auto& server = mariadb_server::shared();
  // init_connect is not run for privileged users.
  server.query("", "create or replace user plain_one");
  server.query("", "grant select, insert, update, delete on " + base.value("select database()") + ".* to plain_one");
  std::optional<global_settings> hostile(std::in_place);
  global_settings& settings = *hostile;
  settings.set("sql_select_limit", "1");
  settings.set("max_join_size", "1");
  settings.set("sql_safe_updates", "1");
  settings.set("sql_mode", "'ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE'");
  settings.set("autocommit", "0");
  settings.set("completion_type", "'CHAIN'");
  settings.set("tx_isolation", "'READ-UNCOMMITTED'");
  settings.set("tx_read_only", "1");
  settings.set("time_zone", "'+05:00'");
  settings.set("wait_timeout", "1");
  settings.set("idle_transaction_timeout", "1");
  settings.set("max_statement_time", "0.001");
  settings.set("character_set_client", "'latin1'");
  settings.set("character_set_results", "'latin1'");
  settings.set("collation_connection", "'latin1_swedish_ci'");
  settings.set("init_connect", "'set names latin1, sql_select_limit = 1, timestamp = 1, foreign_key_checks = 0'");

  auto config = base.config;
  const auto user = config.connect.find("user=root");
  REQUIRE(user != std::string::npos);
  config.connect.replace(user, 9, "user=plain_one");
  const auto editor = open_route_editor(config);
  for (std::uint32_t port = 1; port <= 3; ++port)
    REQUIRE(editor->add({0, {1, 1}, {{1, port}, 100, host_state::up, "M\xc3\xbcnchen"}}));

  const auto reader = open_route_reader(config);
  std::size_t rows = 0;
  REQUIRE(reader->load(
      [&](std::span<const route_row> page) {
        for (const auto& row : page) {
          ++rows;
          CHECK(row.target.zone == "M\xc3\xbcnchen");
        }
      },
      [](auto) {}));
  CHECK(rows == 3);

  session database(config);
  CHECK(ask(database, "concat_ws(' ', @@autocommit, @@completion_type, @@tx_isolation, @@tx_read_only, @@sql_mode)")
            .value() == "ON NO_CHAIN REPEATABLE-READ OFF STRICT_ALL_TABLES");
  CHECK(ask(database, "concat_ws(' ', @@sql_safe_updates, @@max_statement_time, @@foreign_key_checks)").value() ==
        "OFF 0.000000 ON");
  CHECK(ask(database, "if(unix_timestamp() > 1000000000, 'now', 'then')").value() == "now");

  hostile.reset();
  CHECK(base.value("select count(*) from RouteData where hex(zone) = '4DC3BC6E6368656E'") == "3");
}

namespace {

// A SQLite database with `rows` rows of its own beside `base`, and with no log.
std::string other_file(const test_database& base, int rows) {
  const std::string path = base.config.connect + ".new";
  session other({backend::sqlite, path}, {.create = true});
  REQUIRE(other.plain([&](soci::session& sql) -> result<void> {
    sql << "pragma journal_mode = wal";
    sql << "create table Rows(id integer primary key, text text)";
    for (int i = 0; i < rows; ++i) sql << "insert into Rows(text) values (hex(randomblob(500)))";
    return {};
  }));
  return path;
}

std::string rows_of(session& database) {
  const auto count = ask(database, "count(*) || '' from Rows");
  return count ? *count : count.error().text();
}

bool is_whole(session& database) { return ask(database, "* from pragma_integrity_check").value() == "ok"; }

}  // namespace

TEST_CASE("a SQLite file that another was put in the place of is left for the other, by every connection") {
  const test_database base(backend::sqlite, content::empty);
  std::filesystem::remove(base.config.connect);
  std::filesystem::rename(other_file(base, 5), base.config.connect);
  session writer(base.config);
  session reader(base.config);
  session sleeper(base.config);
  // More than fits the other file's pages, and all of it in the log.
  REQUIRE(writer.write([&](soci::session& sql) -> result<void> {
    for (int i = 0; i < 95; ++i) sql << "insert into Rows(text) values (hex(randomblob(500)))";
    return {};
  }));
  REQUIRE(rows_of(reader) == "100");
  REQUIRE(rows_of(sleeper) == "100");
  const auto generation = reader.generation();

  const auto next = other_file(base, 42);
  std::filesystem::rename(next, base.config.connect);
  SECTION("one that has it open looks first") { CHECK(rows_of(reader) == "42"); }
  SECTION("one that comes new looks first") {
    session fresh(base.config);
    CHECK(rows_of(fresh) == "42");
  }
  SECTION("one that writes looks first") {
    REQUIRE(writer.write([](soci::session& sql) -> result<void> {
      sql << "delete from Rows where id = 1";
      sql << "insert into Rows(id, text) values (1, 'x')";
      return {};
    }));
  }
  CHECK(rows_of(reader) == "42");
  CHECK(reader.generation() > generation);
  CHECK(rows_of(writer) == "42");
  CHECK(is_whole(reader));

  // What is written now is not taken away by those who leave the old file only now, nor by their end.
  REQUIRE(writer.write([](soci::session& sql) -> result<void> {
    sql << "insert into Rows(text) values ('y')";
    return {};
  }));
  CHECK(rows_of(sleeper) == "43");
  session last(base.config);
  CHECK(rows_of(last) == "43");
  CHECK(is_whole(last));
}

TEST_CASE("a log that was left behind by a file that is gone is not read into the next one") {
  const test_database base(backend::sqlite, content::empty);
  std::filesystem::remove(base.config.connect);
  std::filesystem::rename(other_file(base, 5), base.config.connect);
  const auto log = base.config.connect + "-wal";
  {
    session writer(base.config);
    REQUIRE(writer.plain([](soci::session& sql) -> result<void> {
      sql << "delete from Rows";
      return {};
    }));
    // As a kill -9 leaves it: the log is put back after the end.
    std::filesystem::create_hard_link(log, log + ".kept");
  }
  std::filesystem::rename(other_file(base, 42), base.config.connect);
  std::filesystem::rename(log + ".kept", log);
  session next(base.config);
  CHECK(rows_of(next) == "42");
  CHECK(is_whole(next));
}

TEST_CASE("a database that was copied together with its log keeps what is in the log") {
  const test_database base(backend::sqlite, content::empty);
  std::filesystem::remove(base.config.connect);
  std::filesystem::rename(other_file(base, 5), base.config.connect);
  session writer(base.config);
  REQUIRE(writer.plain([](soci::session& sql) -> result<void> {
    sql << "delete from Rows where id = 1";
    return {};
  }));
  const test_database copy(backend::sqlite, content::empty);
  using std::filesystem::copy_options;
  for (const std::string end : {"", "-wal", "-wal-of"})
    std::filesystem::copy_file(base.config.connect + end, copy.config.connect + end, copy_options::overwrite_existing);
  session reader(copy.config);
  CHECK(rows_of(reader) == "4");
}

TEST_CASE("while tables are being made every call waits, and ends when it is interrupted") {
  const test_database database(backend::mysql, content::current);
  const auto filling = std::make_shared<std::atomic<bool>>(true);
  storage_config config = database.config;
  config.filling = filling;
  session waiting(config);
  std::atomic<bool> answered{false};
  std::thread asking([&] { answered = ask(waiting, "1").has_value(); });
  std::this_thread::sleep_for(150ms);  // nothing shows that a call waits but that no answer comes
  CHECK_FALSE(answered);
  *filling = false;
  asking.join();
  CHECK(answered);

  *filling = true;
  result<std::string> outcome = std::string();
  std::thread impatient([&] { outcome = ask(waiting, "1"); });
  std::this_thread::sleep_for(50ms);  // so that the call most probably waits when the interruption comes
  waiting.interrupt();
  impatient.join();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == errc::unavailable);
}

}  // namespace lars::session_test
