// Flushes of several reporters at once, and flushes whose connection or server dies.
#include <soci/soci.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "status_flushes.hpp"
#include "storage/sql/session.hpp"

namespace lars::status_concurrency_test {

using namespace lars::storage;
using namespace lars::test;
using content = lars::test::test_database::content;

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

}  // namespace lars::status_concurrency_test
