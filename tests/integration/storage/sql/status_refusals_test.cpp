// Flushes of which the database refuses rows, or refuses all.
#include <catch2/catch.hpp>
#include <filesystem>

#include "status_flushes.hpp"

namespace lars::status_refusals_test {

using namespace lars::storage;
using namespace lars::test;
using content = lars::test::test_database::content;

namespace {

// What makes a database refuse rows of port 83 and 85 of the history.
void refuse_some(const test_database& database, const std::string& how) {
  const bool mysql = database.config.kind == backend::mysql;
  database.query("CREATE TRIGGER strict BEFORE INSERT ON CallHistory FOR EACH ROW " +
                 (mysql ? std::string("IF NEW.port IN (83, 85) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no "
                                      "such port'; END IF")
                        : "WHEN NEW.port IN (83, 85) BEGIN SELECT RAISE(" + how + ", 'no such port'); END"));
}

}  // namespace

TEST_CASE("of many rows those that the database refuses are handed back, and all others are written") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  refuse_some(database, "ABORT");
  const auto store = open_status_store(database.config);
  std::vector<refused_row> kept;
  const auto written =
      write(*store, 'a', hosts({80, 81, 82, 83, 84, 85, 86}), [&](std::span<const refused_row> rows) -> result<void> {
        CHECK(progress_of(database) == "0");  // not committed yet
        kept.assign(rows.begin(), rows.end());
        return {};
      });
  REQUIRE(written);
  CHECK(written->rows == 7 + 5);
  REQUIRE(kept.size() == 2);
  CHECK(std::string(kept[0].table) == "CallHistory");
  CHECK(kept[0].where == endpoint{1, 83});
  CHECK(kept[1].where == endpoint{1, 85});
  CHECK(kept[0].reason.find("no such port") != std::string::npos);
  CHECK(database.value("SELECT COUNT(*) FROM ServerCallStatus") == "7");
  CHECK(calls_in(database) == 5);
  CHECK(progress_of(database) == "1");
  // What is kept brings the row back once it is taken.
  database.query("DROP TRIGGER strict");
  for (const auto& row : kept) database.query(row.statement);
  CHECK(calls_in(database) == 7);
}

TEST_CASE("a trigger refuses a row by whatever number it signals") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  std::uint64_t seq = 0;
  for (const char* signal : {"SQLSTATE '45000'", "SQLSTATE '02TRG'", "SQLSTATE '45000' SET MYSQL_ERRNO = 30001",
                             "SQLSTATE '45999' SET MYSQL_ERRNO = 1030, MESSAGE_TEXT = 'Table \\'full\\''"}) {
    INFO(signal);
    database.query(
        "CREATE OR REPLACE TRIGGER strict BEFORE INSERT ON CallHistory FOR EACH ROW IF NEW.modid = 7 THEN"
        " SIGNAL " +
        std::string(signal) + "; END IF");
    const auto decide = [&](const status_state&) {
      status_plan plan;
      for (const std::int32_t modid : {6, 7, 8})
        plan.history.push_back({{modid, 1}, {1, 80}, finest_step, 1'700'000'000, {1, 0, 0, 0, {}}});
      plan.progress.push_back({agent('a'), ++seq});
      return plan;
    };
    std::size_t kept = 0;
    const auto written = write(*store, 'a', decide, [&](std::span<const refused_row> rows) -> result<void> {
      kept = rows.size();
      return {};
    });
    REQUIRE(written);
    CHECK(written->rows == 2);
    CHECK(kept == 1);
    CHECK(progress_of(database) == std::to_string(seq));
  }
  CHECK(calls_in(database) == 2 * seq);
}

TEST_CASE("rows that are refused and cannot be kept hold the flush back") {
  const test_database database(GENERATE(backend::sqlite, backend::mysql), content::current);
  refuse_some(database, "ABORT");
  const auto store = open_status_store(database.config);
  CHECK(write(*store, 'a', hosts({80, 83}), keep_nothing).error().code == errc::io_failed);
  CHECK(calls_in(database) == 0);
  CHECK(progress_of(database) == "0");
}

TEST_CASE("a refusal that ends the whole transaction commits nothing of it") {
  const test_database database(backend::sqlite, content::current);
  refuse_some(database, "ROLLBACK");
  const auto store = open_status_store(database.config);
  CHECK_FALSE(write(*store, 'a', hosts({80, 83, 84}), keep_nothing));
  CHECK(calls_in(database) == 0);
  CHECK(database.value("SELECT COUNT(*) FROM ServerCallStatus") == "0");
  database.query("DROP TRIGGER strict");
  CHECK(write(*store, 'a', hosts({80, 83, 84}), keep_nothing));
  CHECK(calls_in(database) == 3);
}

TEST_CASE("what fails for another reason than a row's values refuses no row") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  const auto fails_with = [&](const std::string& number) {
    database.query(
        "CREATE OR REPLACE TRIGGER strict BEFORE INSERT ON CallHistory FOR EACH ROW SIGNAL SQLSTATE "
        "'HY000' SET MYSQL_ERRNO = " +
        number + ", MESSAGE_TEXT = 'as planned'");
    bool refused = false;
    const auto written = write(*store, 'a', hosts({80}), [&](std::span<const refused_row>) -> result<void> {
      refused = true;
      return {};
    });
    CHECK_FALSE(written);
    CHECK(progress_of(database) == "0");
    return refused;
  };
  // Full, limits, locks, privileges, read-only, shutting down, syntax, a number that does not exist.
  for (const char* number : {"1114", "1021", "1041", "1040", "1203", "1205", "1213", "1142", "1290", "1792", "1053",
                             "1064", "1030", "1153", "1047", "9999"}) {
    INFO(number);
    CHECK_FALSE(fails_with(number));
  }
  database.query("DROP TRIGGER strict");
  CHECK(write(*store, 'a', hosts({80}), keep_nothing));
  CHECK(calls_in(database) == 1);
}

TEST_CASE("a SQLite database that cannot be reached or written keeps nothing back") {
  const test_database database(backend::sqlite, content::current);
  const std::filesystem::path file = database.config.connect;
  const auto away = file.parent_path() / "away";
  const auto store = open_status_store(database.config);
  std::filesystem::create_directory(away);
  std::filesystem::rename(file, away / "db");
  CHECK_FALSE(write(*store, 'a', hosts({80}), keep_nothing));
  // A name that leads nowhere and a directory: no refusal of a row either.
  std::filesystem::create_symlink(file, file);
  CHECK(write(*store, 'a', hosts({80}), keep_nothing).error().code == errc::unavailable);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK_FALSE(write(*store, 'a', hosts({80}), keep_nothing));
  std::filesystem::remove(file);
  std::filesystem::rename(away / "db", file);
  CHECK(write(*store, 'a', hosts({80}), keep_nothing));
  CHECK(calls_in(database) == 1);
}

}  // namespace lars::status_refusals_test
