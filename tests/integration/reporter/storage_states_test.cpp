// Reporters whose database is gone, stands still, takes no writes, or takes them again: what they say of themselves,
// and where agents go.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "agent/role.hpp"
#include "agent_peer.hpp"
#include "running_reporter.hpp"
#include "storage/sql/session.hpp"
#include "support/test_database.hpp"

namespace lars::storage_states_test {

using namespace std::chrono_literals;
using lars::test::agent_peer;
using lars::test::eventually;
using lars::test::mariadb_server;
using lars::test::running_reporter;
using lars::test::test_database;
using lars::test::within;
using proto::server_state;
using storage::backend;
using content = test_database::content;

namespace {

// What may become of a server; mended whatever happens: nobody else is to find it so.
enum class ill { killed, frozen, read_only };

class illness {
public:
  illness(mariadb_server& server, ill how) : server_(server), how_(how) {
    if (how_ == ill::killed) server_.kill();
    if (how_ == ill::frozen) server_.freeze();
    if (how_ == ill::read_only) server_.query("", "set global read_only = 1");
  }
  ~illness() {
    if (how_ == ill::killed) server_.start();
    if (how_ == ill::frozen) server_.thaw();
    if (how_ == ill::read_only) server_.query("", "set global read_only = 0");
  }
  illness(const illness&) = delete;
  illness& operator=(const illness&) = delete;

private:
  mariadb_server& server_;
  const ill how_;
};

// A database of its own on a server of its own, with a reporter.
struct reporter_with_server {
  reporter_with_server() {
    const auto name = server.fresh_database();
    config = storage::parse_url(server.url(name), "/").value();
    REQUIRE(storage::migrate(config, storage::migrate_policy::always));
    reporter = std::make_unique<running_reporter>(config);
  }
  bool serves() const { return reporter->metric("lars_connections{port=\"reporter\"}") > 0; }

  mariadb_server server;
  storage::storage_config config;
  std::unique_ptr<running_reporter> reporter;
};

// An agent that returns within a second where others take a quarter of a minute.
class reporting_agent {
public:
  explicit reporting_agent(std::vector<endpoint> reporters) {
    agent::agent_config config;
    config.listen = {0x7f000001, 0};
    config.reporters = std::move(reporters);
    config.state_dir = directory_.path();
    config.moves.return_ask = 100ms;
    config.moves.well_for = 400ms;
    config.moves.return_over = 100ms;
    role_ = std::make_unique<agent::role>(pool_, std::move(config));
    REQUIRE(role_->listen());
    pool_.start();
    role_->start();
  }
  ~reporting_agent() {
    role_->stop();
    pool_.stop();
  }

private:
  test::temp_dir directory_;
  net::io_pool pool_{1};
  std::unique_ptr<agent::role> role_;
};

}  // namespace

TEST_CASE("a reporter says that its database is lost or takes no writes, and that it is well again") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  const auto state = [&] { return agent.standing().state; };
  REQUIRE(eventually([&] { return state() == server_state::well; }));
  CHECK(agent.standing().age_ms.value_or(99'999) < 1000);
  CHECK(reporter.role.not_ready().empty());
  const auto how = GENERATE(ill::killed, ill::frozen, ill::read_only);
  CAPTURE(static_cast<int>(how));
  {
    const illness while_it_lasts(mariadb_server::shared(), how);
    const auto expected = how == ill::read_only ? server_state::cannot_write : server_state::storage_lost;
    CHECK(eventually([&] { return state() == expected; }));
    CHECK(reporter.metric("lars_reporter_storage_up") == 0);
    CHECK_FALSE(reporter.role.not_ready().empty());
  }
  CHECK(eventually([&] { return state() == server_state::well; }));
  CHECK(reporter.metric("lars_reporter_storage_up") == 1);
  CHECK(reporter.role.not_ready().empty());
}

TEST_CASE("a reporter whose database answers but takes no results says so until it takes them") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  const auto state = [&] { return agent.standing().state; };
  REQUIRE(eventually([&] { return state() == server_state::well; }));
  database.query("rename table ServerCallStatus to Elsewhere");
  REQUIRE(agent.report(1, 1));
  CHECK(eventually([&] { return state() == server_state::cannot_write; }));
  database.query("rename table Elsewhere to ServerCallStatus");
  CHECK(eventually([&] { return state() == server_state::well; }));
}

TEST_CASE("a reporter that waits for another's locks is well") {
  test_database database(backend::mysql, content::current);
  running_reporter reporter(database.config);
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 1));
  REQUIRE(agent.acknowledged(1));
  storage::session other(database.config);
  const auto waited = other.write([&](soci::session& sql) -> result<void> {
    storage::execute(sql, backend::mysql, "select * from ReportProgress for update");
    REQUIRE(agent.report(2, 1));
    CHECK(agent.standing().state == server_state::well);
    CHECK(eventually([&] { return reporter.metric("lars_reporter_locked_writers") == 1; }));
    CHECK(agent.standing().state == server_state::well);
    return {};
  });
  CHECK(waited);
  CHECK(agent.acknowledged(2, 10s));
}

TEST_CASE("a reporter whose URL names two servers writes to the second when the first fails") {
  mariadb_server first, second;
  const auto at = [](const mariadb_server& server) { return "127.0.0.1:" + std::to_string(server.port()); };
  for (auto* server : {&first, &second}) {
    server->query("", "create database lars");
    REQUIRE(storage::migrate(storage::parse_url(server->url("lars"), "/").value(), storage::migrate_policy::always));
  }
  running_reporter reporter(
      storage::parse_url("mysql://db=lars user=root host=" + at(first) + "," + at(second), "/").value());
  agent_peer agent(reporter.role.port());
  REQUIRE(agent.report(1, 5));
  REQUIRE(agent.acknowledged(1));
  const auto how = GENERATE(ill::killed, ill::read_only);
  CAPTURE(static_cast<int>(how));
  const illness while_it_lasts(first, how);
  agent_peer fresh(reporter.role.port(), 'b');
  REQUIRE(fresh.report(1, 7));
  CHECK(fresh.acknowledged(1));
  CHECK(second.query("lars", "select sum(succ) from CallHistory") == test::text_rows{{"7"}});
  CHECK(within(2s, [&] { return fresh.standing().state == server_state::well; }));
}

TEST_CASE("an agent leaves a reporter that cannot write within two seconds, and comes back") {
  reporter_with_server first, second;
  for (auto* each : {&first, &second})
    REQUIRE(within(3s, [&] { return each->reporter->metric("lars_reporter_storage_up") == 1; }));
  reporting_agent agent({first.reporter->where(), second.reporter->where()});
  REQUIRE(within(5s, [&] { return first.serves() || second.serves(); }));
  auto& preferred = first.serves() ? first : second;
  auto& other = first.serves() ? second : first;
  for (const auto how : {ill::killed, ill::frozen, ill::read_only}) {
    CAPTURE(static_cast<int>(how));
    std::this_thread::sleep_for(500ms);  // longer than moves.well_for: the agent would have moved by now
    REQUIRE_FALSE(other.serves());
    {
      const illness while_it_lasts(preferred.server, how);
      // In two seconds, and some for a machine that does much at once.
      CHECK(within(4s, [&] { return other.serves() && !preferred.serves(); }));
    }
    CHECK(within(15s, [&] { return preferred.serves() && !other.serves(); }));
  }
}

}  // namespace lars::storage_states_test
