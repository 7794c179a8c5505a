// URLs that name several servers, and servers that are not to be read though they answer.
#include <soci/soci.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "storage/sql/open_storage.hpp"
#include "storage/sql/session.hpp"
#include "support/mariadb_server.hpp"

namespace lars::hosts_test {

using namespace lars::storage;
using namespace std::chrono_literals;
using lars::test::mariadb_server;

namespace {

mariadb_server& other_server() {
  static mariadb_server server;
  server.start();
  return server;
}

// Thaws it whatever happens: nobody else waits for ever.
class frozen {
public:
  explicit frozen(mariadb_server& server) : server_(server) { server.freeze(); }
  ~frozen() { server_.thaw(); }
  frozen(const frozen&) = delete;
  frozen& operator=(const frozen&) = delete;

private:
  mariadb_server& server_;
};

storage_config listing(const mariadb_server& first, const mariadb_server& second) {
  const auto at = [](const mariadb_server& server) { return "127.0.0.1:" + std::to_string(server.port()); };
  return parse_url("mysql://db=mysql user=root host=" + at(first) + "," + at(second), "/").value();
}

result<int> port_of(session& database) {
  return database.plain([](soci::session& sql) -> result<int> {
    int port = 0;
    sql << "select @@port from db limit 1", soci::into(port);  // of a table: a node that is cut off answers without
    sql << "select @@port", soci::into(port);
    return port;
  });
}

}  // namespace

TEST_CASE("of several hosts the next is asked when the one that was asked is killed, and stays") {
  auto& first = mariadb_server::shared();
  auto& second = other_server();
  session database(listing(first, second));
  CHECK(port_of(database).value() == first.port());
  first.kill();
  CHECK(port_of(database).value() == second.port());
  first.start();
  CHECK(port_of(database).value() == second.port());
  second.kill();
  CHECK(port_of(database).value() == first.port());
}

TEST_CASE("of several hosts one that hangs is left for the next") {
  auto& first = mariadb_server::shared();
  auto& second = other_server();
  session database(listing(first, second), {.answer = 1s});
  CHECK(port_of(database).value() == first.port());
  const frozen while_it_lasts(first);
  const auto hung = port_of(database);
  CHECK_FALSE(hung);
  CHECK(hung.error().code == errc::unavailable);
  CHECK(port_of(database).value() == second.port());
  // A new one begins with the first, which does not even greet.
  session fresh(listing(first, second), {.answer = 1s});
  CHECK(port_of(fresh).value() == second.port());
}

TEST_CASE("of several hosts one that was made read-only is left for the next") {
  auto& first = mariadb_server::shared();
  auto& second = other_server();
  session database(listing(first, second), {.renew_after = 0ms, .leave_demoted = true});
  CHECK(port_of(database).value() == first.port());
  first.query("", "set global read_only = 1");
  CHECK(port_of(database).value() == second.port());
  first.query("", "set global read_only = 0");
}

TEST_CASE("of several hosts one that takes no writes is used only while there is no other") {
  auto& replica = mariadb_server::shared();
  auto& primary = other_server();
  replica.query("", "set global read_only = 1");
  session database(listing(replica, primary), {.renew_after = 0ms});
  CHECK(port_of(database).value() == primary.port());
  primary.kill();
  CHECK(port_of(database).value() == replica.port());
  // One that never had another stays with it: looking for the other is no change of the server.
  session fresh(listing(replica, primary), {.renew_after = 0ms});
  for (int i = 0; i < 3; ++i) CHECK(port_of(fresh).value() == replica.port());
  CHECK(fresh.generation() == 1);
  primary.start();
  CHECK(port_of(fresh).value() == primary.port());
  CHECK(port_of(database).value() == primary.port());
  replica.query("", "set global read_only = 0");
}

TEST_CASE("a check of several hosts is well while one is, and says why none is") {
  auto& first = mariadb_server::shared();
  auto& second = other_server();
  const auto check = open_storage_check(listing(first, second));
  CHECK(check->run());
  first.query("", "set global read_only = 1");
  CHECK(check->run());
  second.query("", "set global read_only = 1");
  const auto refused = check->run();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::read_only);
  first.query("", "set global read_only = 0");
  CHECK(check->run());
  first.kill();
  CHECK_FALSE(check->run());
  second.query("", "set global read_only = 0");
  CHECK(check->run());
  first.start();
}

TEST_CASE("a node of a Galera cluster that does not follow it counts as lost, and the next host is asked") {
  const auto options = mariadb_server::galera_options();
  if (options.empty()) {
    WARN("Galera is not installed");
    return;
  }
  mariadb_server node(options);
  auto& second = other_server();
  session alone(parse_url(node.url("mysql"), "/").value(), {.follow_cluster = true});
  session listed(listing(node, second), {.follow_cluster = true});
  REQUIRE(port_of(alone).value() == node.port());
  REQUIRE(port_of(listed).value() == node.port());
  const auto causal = alone.plain([](soci::session& sql) -> result<int> {
    int wait = 0;
    sql << "select @@wsrep_sync_wait", soci::into(wait);
    return wait;
  });
  CHECK(causal.value() == 1);

  node.query("", "set global wsrep_desync = ON");
  for (int i = 0; i < 2; ++i) {
    const auto lost = port_of(alone);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code == errc::unavailable);
    CHECK(lost.error().detail.find("not in sync") != std::string::npos);
  }
  CHECK_FALSE(port_of(listed));
  CHECK(port_of(listed).value() == second.port());
  node.query("", "set global wsrep_desync = OFF");
  // The node needs a moment to catch up with the cluster.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  auto back = port_of(alone);
  while (!back && std::chrono::steady_clock::now() < deadline) back = port_of(alone);
  REQUIRE(back);
  CHECK(*back == node.port());

  node.query("", "set global wsrep_reject_queries = ALL");  // error 1047, like a node without a quorum
  const auto refused = port_of(alone);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
}

}  // namespace lars::hosts_test
