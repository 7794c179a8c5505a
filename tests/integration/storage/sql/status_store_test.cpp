// Flushes of a reporter in a real database: once each, whatever fails.
#include <soci/soci.h>
#include <algorithm>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "storage/sql/open_storage.hpp"
#include "storage/sql/session.hpp"
#include "support/test_database.hpp"

using namespace lars;
using namespace lars::storage;
using lars::test::mariadb_server;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

base::agent_id agent(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

// Batch `seq` of that agent with so many calls, under the rule that a reporter applies. `forgetful`: without it.
decide_status one_batch(char name, std::uint64_t seq, std::uint64_t calls, bool forgetful = false) {
  return [=](const status_state& state) {
    status_plan plan;
    if (!forgetful && state.progress && state.progress->at(0).seq + 1 != seq) return plan;
    history_row row{{1, 1}, {0xC0A80101, 80}, finest_step, 1'700'000'000, {calls, 0, 7, 0, {}}};
    row.sums.latency[2] = calls;
    plan.history.push_back(row);
    plan.updates.push_back({{1, 1}, {0xC0A80101, 80}, 0xAC100001, 5, 1, 1'700'000'000, true});
    plan.progress.push_back({agent(name), seq});
    return plan;
  };
}

// Where no row is refused.
result<void> keep_nothing(std::span<const refused_row>) { return {errc::io_failed, "nothing was to be refused"}; }

std::uint64_t calls_in(const test_database& database) {
  return std::stoull(database.value("SELECT COALESCE(SUM(succ + err), 0) FROM CallHistory"));
}

result<status_written> write(status_store& store, char name, const decide_status& decide,
                             const keep_refused& keep = keep_nothing) {
  const std::vector agents{agent(name)};
  return store.write(agents, decide, keep);
}

}  // namespace

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

TEST_CASE("reporters that are sent the same batches at once count them once") {
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  std::vector<std::thread> reporters;
  for (int n = 0; n < 4; ++n)
    reporters.emplace_back([&] {
      const auto store = open_status_store(database.config);
      for (std::uint64_t seq = 1; seq <= 25; ++seq)
        for (const char name : {'a', 'b'})
          while (!write(*store, name, one_batch(name, seq, seq))) std::this_thread::yield();
    });
  for (auto& one : reporters) one.join();
  CHECK(calls_in(database) == 2u * 25 * 26 / 2);
}

TEST_CASE("agents nobody knew meet no deadlock that lasts") {
  const test_database database(backend::mysql, content::current);
  std::vector<std::thread> reporters;
  std::atomic<int> failures = 0;
  for (int n = 0; n < 3; ++n)
    reporters.emplace_back([&, n] {
      const auto store = open_status_store(database.config);
      for (int i = 0; i < 60; ++i) {
        std::vector<base::agent_id> agents(2);
        agents[0].bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(n)};
        agents[1].bytes = {static_cast<std::uint8_t>(i + 1), static_cast<std::uint8_t>(n)};
        if (!store->write(
                agents,
                [&](const auto& state) {
                  return status_plan{{}, {}, {}, *state.progress};
                },
                keep_nothing))
          ++failures;
      }
    });
  for (auto& one : reporters) one.join();
  CHECK(failures == 0);
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

TEST_CASE("those who decide by what they read read what the whole cluster has written") {
  const test_database database(backend::mysql, content::current);
  session deciding(database.config, {.causal = true});
  session reading(database.config);
  const auto waits = [](session& one) {
    return one.plain([](soci::session& sql) -> result<int> {
      int mask = -1;
      sql << "SELECT @@wsrep_sync_wait", soci::into(mask);
      return mask;
    });
  };
  CHECK(waits(deciding).value() == 7);
  CHECK(waits(reading).value() == 0);
}

TEST_CASE("a flush that waits for what another one holds gives up within seconds, and tells who it is") {
  const test_database database(backend::mysql, content::current);
  const auto slow = open_status_store(database.config);
  const auto other = open_status_store(database.config);
  REQUIRE(write(*slow, 'a', one_batch('a', 1, 3)));
  REQUIRE(write(*other, 'b', one_batch('b', 1, 5)));
  REQUIRE(write(*slow, 'a', [&](const status_state& state) {
    const auto start = std::chrono::steady_clock::now();
    const auto waited = write(*other, 'a', one_batch('a', 2, 4));
    const auto passed = std::chrono::steady_clock::now() - start;
    CHECK_FALSE(waited);
    if (!waited) CHECK(waited.error().code == errc::locked);
    CHECK(passed < std::chrono::seconds(6));
    const std::vector agents{agent('a'), agent('b')};
    const auto locks = other->find_locks(agents);
    CHECK(locks.agents == std::vector{agent('a')});
    CHECK(locks.holder.find("of 127.0.0.1:") != std::string::npos);
    return one_batch('a', 2, 4)(state);
  }));
  CHECK(other->find_locks(std::vector{agent('a')}).agents.empty());
  CHECK(calls_in(database) == 12);
}

TEST_CASE("a database killed around a commit tells by its progress what it holds") {
  const test_database database(backend::mysql, content::current);
  mariadb_server& server = mariadb_server::shared();
  const auto store = open_status_store(database.config);
  REQUIRE(write(*store, 'a', one_batch('a', 1, 3)));
  // Dies with the transaction open.
  const auto dies = [&](const status_state& state) {
    server.kill();
    return one_batch('a', 2, 4)(state);
  };
  CHECK(write(*store, 'a', dies).error().code == errc::unavailable);
  server.start();
  CHECK(calls_in(database) == 3);
  REQUIRE(write(*store, 'a', one_batch('a', 2, 4)));
  server.kill();
  server.start();
  CHECK(calls_in(database) == 7);
  REQUIRE(write(*store, 'a', one_batch('a', 2, 4)));
  CHECK(calls_in(database) == 7);
}

TEST_CASE("a connection lost in the middle leaves nothing behind") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  int attempts = 0;
  const auto cut = [&](const status_state& state) {
    if (++attempts == 1)
      for (const auto& process : database.query("select id from information_schema.processlist where db = database()"
                                                " and id <> connection_id()"))
        database.query("kill " + process.at(0));
    return one_batch('a', 1, 3)(state);
  };
  const auto first = write(*store, 'a', cut);
  CHECK(calls_in(database) == (first ? 3 : 0));
  REQUIRE(write(*store, 'a', cut));
  CHECK(calls_in(database) == 3);
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

namespace {

// Hosts with these ports in either table, and the agent's progress.
decide_status hosts(std::vector<std::uint32_t> ports) {
  return [=](const status_state&) {
    status_plan plan;
    for (const std::uint32_t port : ports) {
      plan.updates.push_back({{1, 1}, {1, port}, 9, 5, 1, 1'700'000'000, true});
      plan.history.push_back({{1, 1}, {1, port}, finest_step, 1'700'000'000, {1, 0, 0, 0, {}}});
    }
    plan.progress.push_back({agent('a'), 1});
    return plan;
  };
}

std::string progress_of(const test_database& database) {
  return database.value("SELECT COALESCE(MAX(seq), 0) FROM ReportProgress");
}

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

TEST_CASE("a server that takes short statements only takes every row") {
  const test_database database(backend::mysql, content::current);
  const test::packet_limit limit(8192);
  const auto store = open_status_store(database.config);
  constexpr std::uint64_t most = std::uint64_t{1} << 32;
  std::vector<base::agent_id> agents(600);
  for (std::size_t i = 0; i < agents.size(); ++i)
    agents[i].bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 0xff};
  std::ranges::sort(agents);
  const auto decide = [&](const status_state& state) {
    status_plan plan;
    for (std::uint32_t port = 1; port <= 600; ++port) {
      call_status_row status{{-2147483647, -2147483647}, {0xFFFFFFFE, port}, 0xFFFFFFFF, 5, 1, 1'700'000'000, true};
      plan.updates.push_back(status);
      status.key.cmdid = 1;
      plan.overwrites.push_back(status);
      history_row row{status.key, status.where, finest_step, 1'700'000'000, {1, 0, most, most, {}}};
      row.sums.latency.fill(most);
      plan.history.push_back(row);
    }
    for (const auto& one : *state.progress) plan.progress.push_back({one.agent, one.seq + 1});
    return plan;
  };
  for (int flush = 0; flush < 2; ++flush) REQUIRE(store->write(agents, decide, keep_nothing));
  CHECK(database.value("SELECT COUNT(*) FROM ServerCallStatus") == "1200");
  CHECK(calls_in(database) == 1200);
  CHECK(database.query("SELECT COUNT(*), MIN(seq) FROM ReportProgress") == test::text_rows{{"600", "2"}});
}

TEST_CASE("a server that begins to take short statements only is written to again") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  const auto many = [](const status_state&) {
    status_plan plan;
    for (std::uint32_t port = 1; port <= 600; ++port)
      plan.history.push_back({{1, 1}, {1, port}, finest_step, 1'700'000'000, {1, 0, 0, 0, {}}});
    return plan;
  };
  REQUIRE(store->write({}, many, keep_nothing));
  const test::packet_limit limit(8192);
  for (const auto& process : database.query("select id from information_schema.processlist where db = database() and"
                                            " id <> connection_id()"))
    database.query("kill " + process.at(0));
  for (int attempt = 0; attempt < 3 && calls_in(database) == 600; ++attempt)
    static_cast<void>(store->write({}, many, keep_nothing));
  CHECK(calls_in(database) == 1200);
}
