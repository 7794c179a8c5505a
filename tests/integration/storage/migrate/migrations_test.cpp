#include "storage/migrate/migrations.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "storage/migrate/embedded_migrations.hpp"
#include "storage/migrate/sql_script.hpp"
#include "storage/sql/session.hpp"
#include "support/test_database.hpp"

namespace lars::migrations_test {

using namespace lars::storage;
using lars::test::test_database;

namespace {

int known(backend kind) { return static_cast<int>(embedded_migrations(kind).size()); }

std::string schema_of(const test_database& database) {
  std::string text;
  const auto rows =
      database.config.kind == backend::mysql
          ? database.query(
                "select table_name, column_name, column_type, column_default from information_schema.columns"
                " where table_schema = database() union all select table_name, index_name, column_name, seq_in_index"
                " from information_schema.statistics where table_schema = database() order by 1, 2, 3, 4")
          : database.query("select type, name, sql from sqlite_master order by 1, 2");
  for (const auto& row : rows)
    for (const auto& value : row) text += value + "\n";
  return text;
}

int run(const storage_config& config, migrate_policy policy) {
  const auto outcome = migrate(config, policy);
  INFO((outcome ? "" : outcome.error().text()));
  REQUIRE(outcome);
  return *outcome;
}

}  // namespace

TEST_CASE("an empty database gets every table and a version row, once") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, test_database::content::empty);
  const auto policy = kind == backend::mysql ? migrate_policy::only_if_empty : migrate_policy::create_and_upgrade;
  CHECK(run(database.config, policy) == known(kind));
  for (const char* table : {"RouteData", "RouteChange", "ServerCallStatus", "ModIDConfig", "CmdIDConfig",
                            "ModuleSettings", "CallHistory", "ReportProgress"})
    CHECK(database.value(std::string("select count(*) from ") + table) == "0");
  CHECK(database.value("select version from RouteVersion where id = 1") == "0");
  CHECK(database.value("select count(*) from LarsSchema") == std::to_string(known(kind)));
  const std::string schema = schema_of(database);
  CHECK(run(database.config, policy) == 0);
  CHECK(run(database.config, migrate_policy::always) == 0);
  CHECK(schema_of(database) == schema);
}

TEST_CASE("a database of the old schema keeps its rows and serves old programs after the upgrade") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, test_database::content::old_schema);
  database.old_console_adds(1, 2, 0xC0A80101, 7777, 1700000000);
  CHECK(run(database.config, migrate_policy::always) == known(kind));
  database.old_console_adds(1, 2, 0xC0A80102, 7778, 1700000001);
  database.query("delete from RouteData where serverport = 1");
  const auto rows = database.query("select serverip, serverport, weight, zone, state from RouteData order by id");
  CHECK(rows == test::text_rows{{"3232235777", "7777", "100", "", "0"}, {"3232235778", "7778", "100", "", "0"}});
  CHECK(database.value("select version from RouteVersion where id = 1") == "1700000001");
  CHECK(database.value("select count(*) from RouteVersion") == "1");
}

TEST_CASE("roles leave a MySQL database in use to lars migrate and say so") {
  const test_database database(backend::mysql, test_database::content::old_schema);
  const std::string before = schema_of(database);
  const auto refused = migrate(database.config, migrate_policy::only_if_empty);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::schema_mismatch);
  CHECK(refused.error().detail.find("lars migrate") != std::string::npos);
  CHECK(schema_of(database) == before);
}

TEST_CASE("a database newer than the program is refused untouched") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, test_database::content::current);
  database.query("insert into LarsSchema (number, name, applied) values (999, 'from the future', 1)");
  for (const auto policy :
       {migrate_policy::create_and_upgrade, migrate_policy::only_if_empty, migrate_policy::always}) {
    const auto refused = migrate(database.config, policy);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::schema_mismatch);
  }
  CHECK(migration_state(database.config).error().code == errc::schema_mismatch);
}

TEST_CASE("the state lists every migration and tells which are applied") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, test_database::content::old_schema);
  const auto before = migration_state(database.config);
  REQUIRE(before);
  CHECK(static_cast<int>(before->size()) == known(kind));
  for (const auto& one : *before) CHECK_FALSE(one.applied);
  run(database.config, migrate_policy::always);
  const auto after = migration_state(database.config);
  REQUIRE(after);
  for (const auto& one : *after) CHECK(one.applied);
  CHECK(after->front().name == "field_schema");
  CHECK(after->front().sql.find("CREATE TABLE") != std::string::npos);
}

TEST_CASE("only a role makes a SQLite file, and asking for the state never does") {
  const test::temp_dir home;
  const auto config = parse_url("sqlite3://deep/er/lars.db", home.path()).value();
  CHECK(migration_state(config).error().code == errc::not_found);
  CHECK(migrate(config, migrate_policy::always).error().code == errc::not_found);
  CHECK_FALSE(std::filesystem::exists(config.connect));
  CHECK(run(config, migrate_policy::create_and_upgrade) == known(backend::sqlite));
  CHECK(std::filesystem::exists(config.connect));
}

TEST_CASE("a directory that cannot be made is named") {
  const auto config = parse_url("sqlite3:///proc/nowhere/lars.db", "/").value();
  const auto refused = migrate(config, migrate_policy::create_and_upgrade);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::io_failed);
  CHECK(refused.error().detail.find("/proc/nowhere") != std::string::npos);
}

TEST_CASE("an upgrade of MySQL killed after any statement is completed by the next run") {
  const test_database whole(backend::mysql, test_database::content::old_schema);
  run(whole.config, migrate_policy::always);
  const std::string wanted = schema_of(whole);

  std::vector<std::string> statements;
  for (const auto& migration : embedded_migrations(backend::mysql))
    for (auto& statement : split_sql(migration.sql)) statements.push_back(std::move(statement));
  for (std::size_t done = 0; done <= statements.size(); ++done) {
    const test_database database(backend::mysql, test_database::content::old_schema);
    database.query(
        "CREATE TABLE LarsSchema (number INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, applied BIGINT NOT"
        " NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    database.old_console_adds(1, 2, 3, 4, 5);
    for (std::size_t i = 0; i < done; ++i) database.query(statements[i]);
    INFO("killed after " << done << " statements");
    CHECK(run(database.config, migrate_policy::always) == known(backend::mysql));
    CHECK(schema_of(database) == wanted);
    CHECK(database.value("select count(*) from RouteData where weight = 100 and state = 0") == "1");
  }
}

TEST_CASE("filling an empty MySQL database, killed in the middle, is taken up by the next role") {
  const test_database database(backend::mysql, test_database::content::empty);
  run(database.config, migrate_policy::only_if_empty);
  const std::string wanted = schema_of(database);
  // What a kill after the second migration leaves behind.
  database.query("delete from LarsSchema where number > 1");
  database.query("insert into LarsSchema values (0, 'filling an empty database', 1)");
  database.query("drop table CallHistory");
  database.query("alter table RouteData drop column state");
  CHECK(run(database.config, migrate_policy::only_if_empty) == known(backend::mysql) - 1);
  CHECK(schema_of(database) == wanted);
  CHECK(database.value("select count(*) from LarsSchema where number = 0") == "0");
}

TEST_CASE("filling an empty MySQL database, killed before its last step, is completed by the next role") {
  const test_database database(backend::mysql, test_database::content::empty);
  run(database.config, migrate_policy::only_if_empty);
  database.query("insert into LarsSchema values (0, 'filling an empty database', 1)");
  CHECK(run(database.config, migrate_policy::only_if_empty) == 0);
  CHECK(database.value("select count(*) from LarsSchema where number = 0") == "0");
}

TEST_CASE("a role that finds a MySQL database in use does not wait for who migrates it") {
  const auto content = GENERATE(test_database::content::current, test_database::content::old_schema);
  const test_database database(backend::mysql, content);
  session other(database.config);
  REQUIRE(other.plain([](soci::session& sql) -> result<void> {
    execute(sql, backend::mysql, "do get_lock(concat('lars migrate ', md5(database())), 0)");
    return {};
  }));
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = migrate(database.config, migrate_policy::only_if_empty);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
  CHECK(outcome.has_value() == (content == test_database::content::current));
  if (!outcome) CHECK(outcome.error().code == errc::schema_mismatch);
}

namespace {

// What a program over another node of a cluster leaves for others to see while it migrates.
void lease_elsewhere(const test_database& database, int seconds) {
  database.query(
      "CREATE TABLE IF NOT EXISTS LarsLease (name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY"
      " KEY, holder CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, expires BIGINT NOT NULL) ENGINE=InnoDB"
      " DEFAULT CHARSET=utf8mb4");
  database.query("replace into LarsLease values ('migration', 'another node', unix_timestamp() + " +
                 std::to_string(seconds) + ")");
}

}  // namespace

TEST_CASE("who fills an empty MySQL database waits for another that does so over another node") {
  const test_database database(backend::mysql, test_database::content::empty);
  lease_elsewhere(database, 600);
  auto waiting =
      std::async(std::launch::async, [&] { return migrate(database.config, migrate_policy::only_if_empty); });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));  // nothing shows that it waits but that nothing is made
  CHECK(database.value("select count(*) from information_schema.tables where table_schema = database()") == "1");
  database.query("delete from LarsLease");
  const auto outcome = waiting.get();
  REQUIRE(outcome);
  CHECK(*outcome == known(backend::mysql));
  CHECK(database.value("select count(*) from LarsLease") == "0");
}

TEST_CASE(
    "a lease on migrating that was left behind is followed when its time is over, that of a dead program at once") {
  const test_database database(backend::mysql, test_database::content::empty);
  lease_elsewhere(database, 2);
  CHECK(run(database.config, migrate_policy::only_if_empty) == known(backend::mysql));

  const test_database other(backend::mysql, test_database::content::empty);
  lease_elsewhere(other, 600);
  other.query(
      "update LarsLease set holder = concat(left(md5(concat_ws(' ', @@hostname, @@port, @@server_id,"
      " @@datadir)), 16), '0123456789abcdef')");
  CHECK(run(other.config, migrate_policy::only_if_empty) == known(backend::mysql));
}

TEST_CASE("of several programs that migrate at once one does it and all succeed") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const auto content = GENERATE(test_database::content::empty, test_database::content::old_schema);
  const test_database database(kind, content);
  std::vector<std::future<result<int>>> runs;
  for (int i = 0; i < 4; ++i)
    runs.push_back(
        std::async(std::launch::async, [&] { return migrate(database.config, migrate_policy::create_and_upgrade); }));
  int applied = 0;
  for (auto& one : runs) {
    const auto outcome = one.get();
    INFO((outcome ? "" : outcome.error().text()));
    REQUIRE(outcome);
    applied += *outcome;
  }
  CHECK(applied == known(kind));
}

}  // namespace lars::migrations_test
