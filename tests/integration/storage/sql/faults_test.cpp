#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "storage/sql/open_storage.hpp"
#include "support/test_database.hpp"

namespace lars::faults_test {

using namespace lars::storage;
using namespace std::chrono_literals;
using lars::test::mariadb_server;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

route_row sample(std::uint32_t port) { return {0, {1, 1}, {{1, port}, 100, host_state::up}}; }

// Another program with a writing transaction, until it is released.
class sqlite_lock {
public:
  explicit sqlite_lock(const storage_config& config) {
    REQUIRE(sqlite3_open(config.connect.c_str(), &other_) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other_, "begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~sqlite_lock() { release(); }

  void release() { sqlite3_close(std::exchange(other_, nullptr)); }  // rolls back

private:
  sqlite3* other_ = nullptr;
};

}  // namespace

TEST_CASE("a database that is killed is unavailable, and used again when it is back") {
  const test_database database(backend::mysql, content::current);
  mariadb_server& server = mariadb_server::shared();
  const auto reader = open_route_reader(database.config);
  const auto editor = open_route_editor(database.config);
  REQUIRE(editor->add(sample(80)));
  REQUIRE(reader->poll());
  const bool hard = GENERATE(true, false);
  hard ? server.kill() : server.stop();
  for (int i = 0; i < 3; ++i) {
    CHECK(reader->poll().error().code == errc::unavailable);
    CHECK(reader->load([](auto) {}, [](auto) {}).error().code == errc::unavailable);
    CHECK(editor->add(sample(81)).error().code == errc::unavailable);
  }
  server.start();
  CHECK(reader->poll());
  CHECK(editor->add(sample(81)));
  CHECK(editor->list({})->size() == 2);
}

TEST_CASE("a write over a connection that the server closed meanwhile goes through") {
  const test_database database(backend::mysql, content::current);
  const auto editor = open_route_editor(database.config);
  REQUIRE(editor->add(sample(80)));
  for (const auto& process : database.query("select id from information_schema.processlist where db = database() and"
                                            " id <> connection_id()"))
    database.query("kill " + process.at(0));
  CHECK(editor->add(sample(81)));
}

TEST_CASE("a database that hangs does not hang us for ever") {
  mariadb_server& server = mariadb_server::shared();
  test_database database(backend::mysql, content::current);
  database.config.connect += " read_timeout=1 connect_timeout=1";
  const auto reader = open_route_reader(database.config);
  REQUIRE(reader->poll());
  server.freeze();
  const auto start = std::chrono::steady_clock::now();
  const auto first = reader->poll();   // the connection that is open
  const auto second = reader->poll();  // a new one
  const auto passed = std::chrono::steady_clock::now() - start;
  server.thaw();
  REQUIRE_FALSE(first);
  CHECK(first.error().code == errc::unavailable);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::unavailable);
  CHECK(passed < std::chrono::seconds(8));
  CHECK(reader->poll());
}

TEST_CASE("a database that may not be written is told as such, and still read") {
  const test_database database(backend::mysql, content::current);
  database.query("create or replace user lars@'%'");
  database.query("grant select, insert, update, delete on *.* to lars@'%'");
  storage_config config = database.config;
  config.connect.replace(config.connect.find("user=root"), 9, "user=lars");
  const auto editor = open_route_editor(config);
  REQUIRE(editor->add(sample(80)));
  database.query("set global read_only = 1");
  CHECK(editor->add(sample(81)).error().code == errc::read_only);
  CHECK(editor->list({})->size() == 1);
  database.query("set global read_only = 0");
  CHECK(editor->add(sample(81)));

  database.query("revoke insert, update, delete on *.* from lars@'%'");
  const auto without_right = open_route_editor(config);
  CHECK(without_right->add(sample(82)).error().code == errc::read_only);
  CHECK(open_route_reader(config)->poll());
}

TEST_CASE("wrong names and passwords are told apart and never shown") {
  const test_database database(backend::mysql, content::current);
  storage_config config = database.config;
  config.connect.replace(config.connect.find("user=root"), 9, "user=nobody password=topsecret");
  const auto refused = open_route_reader(config)->poll();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(refused.error().detail.find("nobody") != std::string::npos);
  CHECK(refused.error().detail.find("topsecret") == std::string::npos);

  config = database.config;
  config.connect.replace(config.connect.find("lars_test_"), 10, "no_such_db");
  CHECK(open_route_reader(config)->poll().error().code == errc::not_found);
}

TEST_CASE("a deadlock is not the operator's business") {
  const test_database database(backend::mysql, content::current);
  const auto editor = open_route_editor(database.config);
  REQUIRE(editor->add(sample(80)));
  // The server gives a transaction up as it would for another's sake, the first two times.
  database.query("create table Deadlocks (left_over int) engine=MyISAM");
  database.query("insert into Deadlocks values (2)");
  database.query(
      "create trigger give_up before insert on RouteChange for each row begin"
      " if (select left_over from Deadlocks) > 0 then update Deadlocks set left_over = left_over - 1;"
      " signal sqlstate '40001' set mysql_errno = 1213, message_text = 'Deadlock found'; end if; end");
  CHECK(editor->add(sample(81)));
  CHECK(database.value("select left_over from Deadlocks") == "0");
  CHECK(database.value("select count(*) from RouteData") == "2");
  CHECK(database.value("select count(*) from RouteChange") == "2");

  database.query("update Deadlocks set left_over = 1000");
  CHECK(editor->add(sample(82)).error().code == errc::unavailable);
  CHECK(database.value("select count(*) from RouteData") == "2");
  CHECK(database.value("select left_over from Deadlocks") == "995");
}

TEST_CASE("a failure in the middle of a change leaves nothing behind") {
  const test_database database(backend::mysql, content::current);
  const auto editor = open_route_editor(database.config);
  database.query("create trigger refuse before insert on RouteChange for each row signal sqlstate '45000'");
  CHECK_FALSE(editor->add(sample(80)));
  CHECK(database.value("select count(*) from RouteData") == "0");
  CHECK(database.value("select version from RouteVersion where id = 1") == "0");
}

TEST_CASE("a SQLite database that another program holds is told as such, and not lost") {
  const test_database database(backend::sqlite, content::current);
  const auto editor = open_route_editor(database.config);
  REQUIRE(editor->add(sample(80)));
  const auto reader = open_route_reader(database.config);
  sqlite_lock lock(database.config);
  CHECK(reader->poll());  // readers never wait for a writer
  const auto start = std::chrono::steady_clock::now();
  CHECK(editor->add(sample(81)).error().code == errc::locked);
  const auto passed = std::chrono::steady_clock::now() - start;
  CHECK(passed > 4s);  // others are soon done, as a rule
  CHECK(passed < 8s);
  lock.release();
  CHECK(editor->add(sample(81)));
}

TEST_CASE("a SQLite database that is released while a call waits is used") {
  const test_database database(backend::sqlite, content::current);
  const auto editor = open_route_editor(database.config);
  REQUIRE(editor->add(sample(80)));
  sqlite_lock lock(database.config);
  std::thread holder([&lock] {
    std::this_thread::sleep_for(300ms);  // so that the call most probably waits for the lock by then
    lock.release();
  });
  CHECK(editor->add(sample(81)));
  holder.join();
}

TEST_CASE("a call that waits for a locked SQLite database ends when it is interrupted") {
  const test_database database(backend::sqlite, content::current);
  const auto store = open_history_store(database.config);
  const auto name = *base::agent_id::from_bytes(std::string(16, 'a'));
  REQUIRE(store->hold_lease(name, 30s));
  const sqlite_lock lock(database.config);
  std::thread impatient([&store] {
    std::this_thread::sleep_for(300ms);  // so that the call most probably waits for the lock by then
    store->interrupt();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto held = store->hold_lease(name, 30s);
  const auto passed = std::chrono::steady_clock::now() - start;
  impatient.join();
  REQUIRE_FALSE(held);
  CHECK(held.error().code == errc::unavailable);
  CHECK(passed > 250ms);
  CHECK(passed < 2s);
}

TEST_CASE("a file that is no SQLite database is refused and left alone") {
  const test::temp_dir home;
  const auto config = parse_url("sqlite3://text.db", home.path()).value();
  const std::string text =
      "this is a letter, not a database, and it is long enough to have a header of its own ............";
  std::ofstream(config.connect) << text;
  CHECK(open_route_reader(config)->poll().error().code == errc::schema_mismatch);
  CHECK(migrate(config, migrate_policy::create_and_upgrade).error().code == errc::schema_mismatch);
  std::string after;
  std::getline(std::ifstream(config.connect), after);
  CHECK(after == text);
}

}  // namespace lars::faults_test
