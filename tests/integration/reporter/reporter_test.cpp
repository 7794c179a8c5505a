// A reporter over real sockets and a real database.
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "agent_peer.hpp"
#include "base/clock.hpp"
#include "running_reporter.hpp"
#include "support/test_database.hpp"

namespace lars::reporter_test {

using namespace std::chrono_literals;
using lars::test::agent_peer;
using lars::test::eventually;
using lars::test::mariadb_server;
using lars::test::running_reporter;
using lars::test::test_database;
using storage::backend;
using content = test_database::content;

namespace {

std::uint64_t calls_in(const test_database& database) {
  return std::stoull(database.value("SELECT COALESCE(SUM(succ + err), 0) FROM CallHistory"));
}

}  // namespace

TEST_CASE("a batch is acknowledged when it is committed, and counts once however often it comes") {
  const test_database database(GENERATE(backend::sqlite, backend::mysql), content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 5));
  REQUIRE(agent.acknowledged(1));
  CHECK(calls_in(database) == 5);
  REQUIRE(agent.report(1, 5));
  REQUIRE(agent.acknowledged(1));
  REQUIRE(agent.report(2, 7));
  REQUIRE(agent.acknowledged(2));
  CHECK(calls_in(database) == 12);
  CHECK(reporter.role.stats().duplicates == 1);
}

TEST_CASE("an agent that goes from one reporter to another in the middle counts once") {
  const test_database database(backend::mysql, content::current);
  running_reporter first(database.config), second(database.config);
  agent_peer here(first.role.port()), there(second.role.port());
  std::uint64_t calls = 0;
  for (std::uint64_t seq = 1; seq <= 40; ++seq) {
    calls += seq;
    REQUIRE(here.report(seq, seq));
    if (seq % 3 == 0) REQUIRE(there.report(seq, seq));
  }
  for (std::uint64_t seq = 1; seq <= 40; ++seq) REQUIRE(there.report(seq, seq));
  REQUIRE(there.acknowledged(40));
  REQUIRE(here.acknowledged(40));
  CHECK(calls_in(database) == calls);
}

TEST_CASE("a batch without its predecessor is asked for again") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(3, 5));
  const auto said = agent.answer();
  REQUIRE(said);
  CHECK(said->resend);
  CHECK(said->seq == 0);
  CHECK(calls_in(database) == 0);
}

TEST_CASE("an old agent is written and told nothing") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  agent_peer old(reporter.role.port()), other(reporter.role.port(), 'b');
  proto::status_report report;
  report.key = {3, 4};
  report.caller = 7;
  report.ts = 9;
  report.results.push_back({{5, 6}, 10, 11, true, {}});
  REQUIRE(old.send(proto::encode(report)));
  REQUIRE(eventually([&] { return !database.query("SELECT 1 FROM ServerCallStatus").empty(); }));
  CHECK(database.query("SELECT * FROM ServerCallStatus") ==
        test::text_rows{{"3", "4", "5", "6", "7", "10", "11", "9", "1"}});
  CHECK(calls_in(database) == 0);
  std::int32_t id = 0;
  CHECK_FALSE(old.frame(id, 300ms));
}

TEST_CASE("a ping is answered, whatever the database does") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  mariadb_server::shared().freeze();
  std::int32_t id = 0;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    REQUIRE(agent.report(i, 1));
    REQUIRE(agent.send(proto::encode(proto::ping{i, proto::our_features})));
    const auto answer = agent.frame(id, 1s);
    CHECK(id == static_cast<std::int32_t>(proto::message_id::pong));
    CHECK(answer);
  }
  mariadb_server::shared().thaw();
  CHECK(agent.acknowledged(20, 20s));
  CHECK(calls_in(database) == 20);
}

TEST_CASE("an agent that announced pings and falls silent is closed, one that announced none never is") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config, 64u << 20, 300ms);
  agent_peer old(reporter.role.port()), silent(reporter.role.port(), 'b');
  proto::status_report report;
  report.results.push_back({{5, 6}, 1, 0, false, {}});
  REQUIRE(old.send(proto::encode(report)));
  REQUIRE(silent.send(proto::encode(proto::ping{1, proto::our_features})));
  CHECK(silent.closed(5s));
  CHECK_FALSE(old.closed(100ms));
}

TEST_CASE("rubbish ends its connection and no other") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  agent_peer good(reporter.role.port());
  for (const std::string_view rubbish :
       {std::string_view("\x03\0\0\0\xff\xff\xff\xff", 8), std::string_view("\x03\0\0\0\xff\xff\xff\x7f", 8)}) {
    agent_peer bad(reporter.role.port(), 'b');
    REQUIRE(bad.report(1, 1));
    bad.send(rubbish);
    CHECK(bad.closed(3s));
  }
  REQUIRE(good.report(1, 5));
  CHECK(good.acknowledged(1));
  // What came whole before the rubbish counts, once. It may wait in another writer's queue than the good one's.
  CHECK(eventually([&] { return calls_in(database) == 6; }));
  const auto metrics = http::metrics_text(reporter.role.metrics());
  CHECK(metrics.find("lars_connections_dropped_total{port=\"reporter\",reason=\"bad_message\"} 2") !=
        std::string::npos);
}

TEST_CASE("a message that cannot be read costs that message, not the connection") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 1));
  agent.send(std::string_view("\x03\0\0\0\x04\0\0\0\xff\xff\xff\xff", 12));
  agent.send(std::string_view("\x0c\0\0\0\x02\0\0\0\x08\xff", 10));
  REQUIRE(agent.report(2, 1));
  CHECK(agent.acknowledged(2));
  CHECK(reporter.role.stats().unreadable == 2);
}

TEST_CASE("a reporter that is full keeps its memory and asks for the rest when there is room") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config, 1u << 20);
  agent_peer agent(reporter.role.port());
  mariadb_server::shared().freeze();
  constexpr std::uint64_t batches = 60;
  for (std::uint64_t seq = 1; seq <= batches; ++seq) REQUIRE(agent.report(seq, 1, 400));
  CHECK(eventually([&] { return reporter.role.stats().turned_away > 0; }));
  mariadb_server::shared().thaw();
  std::uint64_t done = 0;
  while (done < batches) {
    const auto said = agent.answer(30s);
    REQUIRE(said);
    if (!said->resend)
      done = said->seq;
    else
      for (std::uint64_t seq = said->seq + 1; seq <= batches; ++seq) REQUIRE(agent.report(seq, 1, 400));
  }
  CHECK(calls_in(database) == batches * 400);
}

TEST_CASE("an old agent is pushed back by TCP while the database stands still") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config, 1u << 20);
  agent_peer old(reporter.role.port());
  mariadb_server::shared().freeze();
  proto::status_report report;
  report.key = {3, 4};
  report.results.resize(400);
  const std::string bytes = proto::encode(report);
  std::size_t sent = 0;
  while (sent < 200u << 20 && old.send(bytes)) sent += bytes.size();
  CHECK(sent < 100u << 20);
  mariadb_server::shared().thaw();
  // It is read again.
  bool goes_on = false;
  for (int i = 0; i < 30 && !goes_on; ++i) goes_on = old.send(bytes);
  CHECK(goes_on);
}

TEST_CASE("what is on its way to a context that stands still is bounded, and pushes agents back") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  // One on each context; the second is served while the first context stands still.
  agent_peer one(reporter.role.port(), 'a'), other(reporter.role.port(), 'b');
  REQUIRE(one.report(1, 1));
  REQUIRE(one.acknowledged(1));
  REQUIRE(other.report(1, 1));
  REQUIRE(other.acknowledged(1));
  std::promise<void> go_on;
  boost::asio::post(reporter.pool.context(0), [gate = go_on.get_future().share()] { gate.wait(); });
  proto::status_report report;
  report.key = {1, 1};
  report.ts = static_cast<std::uint32_t>(base::unix_seconds());
  report.features = proto::our_features;
  for (std::uint32_t port = 1; port <= 300; ++port)
    report.results.push_back({{1, port}, 1, 0, false, {1, 0, 0, 0, {}}});
  std::size_t sent = 0;
  for (auto* const peer : {&one, &other}) {
    report.agent = peer->id;
    for (report.seq = 2; report.seq < 8'000; ++report.seq) {
      const auto bytes = proto::encode(report);
      if (!peer->send(bytes)) break;
      sent += bytes.size();
    }
  }
  CHECK(sent < 24u << 20);
  go_on.set_value();
  CHECK(other.acknowledged(2, 30s));
}

TEST_CASE("a batch that the database refuses does not stand in the way of others") {
  const test_database database(backend::mysql, content::current);
  // A number that the wire knows and this column does not.
  database.query("ALTER TABLE CallHistory MODIFY port SMALLINT UNSIGNED NOT NULL");
  running_reporter reporter(database.config);
  agent_peer good(reporter.role.port(), 'a'), bad(reporter.role.port(), 'b');
  proto::status_report report;
  report.key = {1, 1};
  report.ts = static_cast<std::uint32_t>(base::unix_seconds());
  report.agent = bad.id;
  report.seq = 1;
  report.features = proto::our_features;
  report.results.push_back({{0x0a000001, 70'000}, 0, 0, false, {}});
  report.results[0].delta.succ = 100;
  REQUIRE(bad.send(proto::encode(report)));
  for (std::uint64_t seq = 1; seq <= 5; ++seq) REQUIRE(good.report(seq, 1));
  CHECK(good.acknowledged(5));
  CHECK(bad.acknowledged(1));
  REQUIRE(bad.report(2, 10));
  CHECK(bad.acknowledged(2));
  CHECK(calls_in(database) == 15);
  CHECK(reporter.role.stats().refused == 1);
  CHECK(reporter.role.stats().refused_rows == 1);
  // Nothing of it is forgotten: the script adds it once the column is mended, and nothing else.
  database.query("ALTER TABLE CallHistory MODIFY port INT UNSIGNED NOT NULL");
  std::ifstream script(reporter.directory.path() / "refused.sql");
  for (std::string line; std::getline(script, line);)
    if (!line.starts_with("--")) database.query(line);
  CHECK(calls_in(database) == 115);
}

TEST_CASE("a database that cannot be looked at for a while costs no call") {
  const test_database database(backend::sqlite, content::current);
  const std::filesystem::path file = database.config.connect;
  const auto away = file.parent_path() / "away";
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 100));
  REQUIRE(agent.acknowledged(1));
  // As a directory without permissions looks to a program that is not root.
  std::filesystem::rename(file, away);
  std::filesystem::create_symlink(file, file);
  REQUIRE(agent.report(2, 50));
  CHECK_FALSE(agent.answer(1s));
  std::filesystem::remove(file);
  std::filesystem::rename(away, file);
  REQUIRE(agent.acknowledged(2));
  REQUIRE(agent.report(3, 7));
  REQUIRE(agent.acknowledged(3));
  CHECK(calls_in(database) == 157);
  CHECK(reporter.role.stats().refused_rows == 0);
}

TEST_CASE("a reporter starts and stops without a database, and takes results once it is there") {
  test_database database(backend::mysql, content::current);
  mariadb_server::shared().kill();
  {
    running_reporter reporter(database.config);
    agent_peer agent(reporter.role.port());
    REQUIRE(agent.report(1, 5));
    CHECK_FALSE(agent.answer(500ms));
    const auto begin = base::clock::now();
    reporter.stop();
    CHECK(base::clock::now() - begin < 3s);
    CHECK(agent.closed(2s));
  }
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 5));
  REQUIRE(eventually([&] { return reporter.role.stats().failures > 0; }));
  mariadb_server::shared().start();
  CHECK(agent.acknowledged(1, 10s));
  CHECK(calls_in(database) == 5);
}

TEST_CASE("a reporter whose database hangs stops all the same") {
  const test_database database(backend::mysql, content::current);
  auto begin = base::clock::now();
  {
    running_reporter reporter(database.config);
    agent_peer agent(reporter.role.port());
    REQUIRE(agent.report(1, 5));
    REQUIRE(agent.acknowledged(1));
    mariadb_server::shared().freeze();
    REQUIRE(agent.report(2, 5));
    agent.standing();  // its answer shows that the batch was read
    begin = base::clock::now();
  }
  CHECK(base::clock::now() - begin < 4s);
  mariadb_server::shared().thaw();
}

TEST_CASE("what was taken is written before a reporter stops") {
  const test_database database(backend::sqlite, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  for (std::uint64_t seq = 1; seq <= 50; ++seq) REQUIRE(agent.report(seq, 2, 10));
  agent.standing();  // its answer shows that all batches were read
  reporter.stop();
  CHECK(calls_in(database) == std::stoull(database.value("SELECT seq FROM ReportProgress")) * 20);
  CHECK(calls_in(database) == 1000);
}

}  // namespace lars::reporter_test
