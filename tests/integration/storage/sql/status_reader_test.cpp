// Reading what reporters wrote.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>

#include "status_flushes.hpp"

namespace lars::status_reader_test {

using namespace lars::storage;
using namespace lars::test;
using content = lars::test::test_database::content;

TEST_CASE("what was written is read back") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto store = open_status_store(database.config);
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3)));
  const auto reader = open_status_reader(database.config);
  const auto statuses = reader->statuses(route_key{1, 1});
  REQUIRE(statuses);
  REQUIRE(statuses->size() == 1);
  CHECK(statuses->at(0) == call_status_row{{1, 1}, {0xC0A80101, 80}, 0xAC100001, 5, 1, 1'700'000'000, true});
  CHECK(reader->statuses(route_key{1, 2})->empty());
  for (const std::uint32_t step : {10u, 60u, 3600u}) {
    const auto rows = reader->history(std::nullopt, 1'699'999'000, 1'700'000'010, step);
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    CHECK(rows->at(0).step == step);
    CHECK(rows->at(0).bucket == 1'700'000'000 - 1'700'000'000 % step);
    CHECK(rows->at(0).sums.calls() == 3);
    CHECK(rows->at(0).sums.latency[2] == 3);
  }
  CHECK(reader->history(route_key{1, 1}, 1'700'000'010, 1'800'000'000, 10)->empty());
  CHECK(std::abs(*reader->now() - std::int64_t{::time(nullptr)}) < 5);
  CHECK(reader->rows_written()->has_value() == (kind == backend::mysql));
}

TEST_CASE("rows that hold no numbers are left out of what is read, and counted") {
  const test_database database(backend::sqlite, content::current);
  for (const auto* values :
       {"1, 1, 1, 80, 1, 5, 2, 1000, '1'", "1, 1, 1, 81, 1, 'many', 2, 1000, '1'",
        "1, 1, 'host', 80, 1, 5, 2, 1000, '1'", "'x', 1, 1, 80, 1, 5, 2, 1000, '1'", "1, 1, 1, 82, 1, 5, 2, 1.5, '1'"})
    database.query("insert into ServerCallStatus values (" + std::string(values) + ")");
  for (const auto* values : {"1, 1, 1, 80, 10, 1000, 5", "1, 1, 1, 80, 10, 1010, 'many'", "1, 1, 'x', 80, 10, 1000, 1",
                             "1, 1, 1, 81, 10, 1000, -3", "1, 1, 1, 80, 'x', 1000, 1", "1, 1, 1, 80, 10, 'x', 1"})
    database.query("insert into CallHistory (modid, cmdid, ip, port, step, bucket, succ) values (" +
                   std::string(values) + ")");
  const auto reader = open_status_reader(database.config);
  CHECK(reader->statuses({}).value() == std::vector<call_status_row>{{{1, 1}, {1, 80}, 1, 5, 2, 1000, true}});
  CHECK(reader->unreadable_statuses().value() == 4);
  std::uint64_t calls = 0;
  const auto history = reader->history({}, 0, 5000, 10).value();
  for (const auto& row : history) calls += row.sums.succ;
  CHECK(calls == 5);
}

TEST_CASE("a database that is not migrated has the status of old programs and no history") {
  const test_database database(backend::mysql, content::old_schema);
  database.query("insert into ServerCallStatus values (1, 1, 1, 80, 1, 5, 2, 1000, '1')");
  const auto reader = open_status_reader(database.config);
  CHECK(reader->statuses({})->size() == 1);
  const auto history = reader->history({}, 0, 5000, 10);
  CHECK(history.error().code == errc::schema_mismatch);
  CHECK(history.error().detail.find("lars migrate") != std::string::npos);
}

}  // namespace lars::status_reader_test
