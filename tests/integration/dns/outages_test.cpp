// A storage that goes away, comes back, or is not there yet.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "dns_fixture.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::test::outages_test {

namespace {

using content = test_database::content;
using storage::backend;

constexpr route_key key{1, 1};

}  // namespace

TEST_CASE("A dns whose database is killed answers from memory, and follows it when it is back") {
  test_database database(backend::mysql, content::current);
  const auto editor = storage::open_route_editor(database.config);
  REQUIRE(editor->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  CHECK(client.route(key).hosts.size() == 1);

  auto& server = mariadb_server::shared();
  server.kill();
  std::this_thread::sleep_for(300ms);
  CHECK(client.route(key).hosts.size() == 1);
  dns_client fresh(dns.port());
  CHECK(fresh.route(key).hosts.size() == 1);

  server.start();
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1,1,11,80)");
  for (auto* each : {&client, &fresh}) {
    const auto pushed = each->response();
    REQUIRE(pushed);
    CHECK(pushed->hosts.size() == 2);
  }
  REQUIRE(editor->add(host_row(key, 12)));
  const auto pushed = client.response(2s);
  REQUIRE(pushed);
  CHECK(pushed->hosts.size() == 3);
}

TEST_CASE("A dns tells that its database was killed, and how old its routes are") {
  test_database database(backend::mysql, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.route(key);
  REQUIRE(client.standing().state == proto::server_state::well);
  CHECK(client.standing().age_ms < 1000);

  auto& server = mariadb_server::shared();
  server.kill();
  REQUIRE(within(1s, [&] { return client.standing().state == proto::server_state::storage_lost; }));
  std::this_thread::sleep_for(1200ms);
  CHECK(client.standing().age_ms > 1000);
  CHECK(dns.metric("lars_dns_route_age_seconds") > 1);
  CHECK(dns.metric("lars_dns_storage_up") == 0);

  server.start();
  REQUIRE(eventually([&] { return client.standing().state == proto::server_state::well; }));
  CHECK(client.standing().age_ms < 1000);
  CHECK(dns.metric("lars_dns_storage_up") == 1);
}

TEST_CASE("A dns whose URL names two servers reads from the second when the first is killed") {
  auto& first = mariadb_server::shared();
  mariadb_server second;
  test_database database(backend::mysql, content::current);
  const auto name = database.value("select database()");
  second.query("", "create database " + name);
  const auto of_second = storage::parse_url(second.url(name), "/").value();
  REQUIRE(storage::migrate(of_second, storage::migrate_policy::always));
  for (const auto& config : {database.config, of_second})
    REQUIRE(storage::open_route_editor(config)->add(host_row(key, 10)));
  const auto both =
      storage::parse_url("mysql://db=" + name + " user=root host=127.0.0.1:" + std::to_string(first.port()) +
                             ",127.0.0.1:" + std::to_string(second.port()),
                         "/")
          .value();
  running_dns dns(both);
  dns_client client(dns.port());
  CHECK(client.route(key).hosts.size() == 1);
  first.kill();
  REQUIRE(storage::open_route_editor(both)->add(host_row(key, 11)));
  const auto pushed = client.response(2s);
  REQUIRE(pushed);
  CHECK(pushed->hosts.size() == 2);
  CHECK(within(2s, [&] { return client.standing().state == proto::server_state::well; }));
}

TEST_CASE("A dns that had lost its database is well again once it serves what was changed silently meanwhile") {
  test_database database(backend::mysql, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  // Comparing them takes a moment.
  database.query(
      "insert into RouteData(modid, cmdid, serverip, serverport)"
      " select 2, seq div 100, 167772160 + seq, 80 from seq_1_to_20000");
  auto& server = mariadb_server::shared();
  server.query("", "create or replace user detector");
  server.query("", "grant all on *.* to detector");
  auto theirs = database.config;
  theirs.connect.replace(theirs.connect.find("user=root"), 9, "user=detector");
  auto config = running_dns::quick();
  config.reconcile_interval = 60s;  // none but the one after the loss
  running_dns dns(theirs, config);
  dns_client client(dns.port());
  client.route(key);
  REQUIRE(eventually([&] { return client.standing().state == proto::server_state::well; }));

  server.query("", "alter user detector account lock");
  server.query("", "kill user detector");
  REQUIRE(within(1s, [&] { return client.standing().state == proto::server_state::storage_lost; }));
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1,1,11,80)");
  server.query("", "alter user detector account unlock");
  REQUIRE(eventually([&] { return client.standing().state == proto::server_state::well; }));
  dns_client other(dns.port());
  CHECK(other.route(key).hosts.size() == 2);
}

TEST_CASE("A dns whose database hangs tells so long before it gives up the answer") {
  test_database database(backend::mysql, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.route(key);
  REQUIRE(client.standing().state == proto::server_state::well);
  auto& server = mariadb_server::shared();
  server.freeze();
  CHECK(within(1500ms, [&] { return client.standing().state == proto::server_state::storage_lost; }));
  server.thaw();
  CHECK(eventually([&] { return client.standing().state == proto::server_state::well; }));
}

TEST_CASE("A dns that starts before its database binds, answers nobody, and serves those who wait once it is there") {
  test_database database(backend::mysql, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  auto& server = mariadb_server::shared();
  server.kill();
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.ask(key);
  CHECK_FALSE(client.frame(400ms));
  server.start();
  const auto got = client.response();
  REQUIRE(got);
  CHECK(got->hosts.size() == 1);
}

TEST_CASE("A database that hangs holds up neither answers nor a stop") {
  test_database database(backend::mysql, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.route(key);
  auto& server = mariadb_server::shared();
  server.freeze();
  std::this_thread::sleep_for(200ms);
  CHECK(client.route(key).hosts.size() == 1);
  CHECK(dns.stop() < 3s);
  server.thaw();
}

TEST_CASE("A table that an operator emptied is followed") {
  test_database database(backend::sqlite, content::current);
  const auto editor = storage::open_route_editor(database.config);
  REQUIRE(editor->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.route(key);
  database.query("delete from RouteData; delete from RouteChange; delete from RouteVersion");
  const auto pushed = client.response();
  REQUIRE(pushed);
  CHECK(pushed->hosts.empty());
}

TEST_CASE("A table that is emptied and filled again, as a restore does, changes no answer") {
  constexpr int modules = 20;
  const auto kind = GENERATE(backend::sqlite, backend::mysql);
  test_database database(kind, content::current);
  const auto editor = storage::open_route_editor(database.config);
  for (int modid = 1; modid <= modules; ++modid) REQUIRE(editor->add(host_row({modid, 1}, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  for (int modid = 1; modid <= modules; ++modid) client.route({modid, 1});

  // The changes that are announced are those of five modules, or of all; all are gone when dns comes to read them.
  const int announced = GENERATE(5, 20);
  database.query("create table Kept as select * from RouteData");
  database.query("delete from RouteData");
  for (int modid = 1; modid <= announced; ++modid)
    database.query("insert into RouteChange(modid, cmdid, version) values (" + std::to_string(modid) + ", 1, " +
                   std::to_string(7 + modid) + ")");
  database.query("update RouteVersion set version = version + 1");
  CHECK_FALSE(client.frame(600ms));
  CHECK(dns.metric("lars_dns_hosts") == modules);
  database.query("insert into RouteData select * from Kept");
  CHECK_FALSE(client.frame(2500ms));
  CHECK(dns.metric("lars_dns_hosts") == modules);
  CHECK(dns.metric("lars_dns_storage_up") == 1);
}

TEST_CASE("A table of many rows that stays empty is followed, though each change was announced") {
  test_database database(backend::sqlite, content::current);
  const auto editor = storage::open_route_editor(database.config);
  constexpr int modules = 20;
  for (int modid = 1; modid <= modules; ++modid) REQUIRE(editor->add(host_row({modid, 1}, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  for (int modid = 1; modid <= modules; ++modid) client.route({modid, 1});
  database.query("delete from RouteData");
  for (int modid = 1; modid <= modules; ++modid)
    database.query("insert into RouteChange(modid, cmdid, version) values (" + std::to_string(modid) + ", 1, 7)");
  database.query("update RouteVersion set version = version + 1");
  for (int modid = 1; modid <= modules; ++modid) {
    const auto pushed = client.response();
    REQUIRE(pushed);
    CHECK(pushed->hosts.empty());
  }
}

TEST_CASE("A SQLite file that is put in the place of another is served, and an empty one changes no answer") {
  test_database database(backend::sqlite, content::current);
  const test_database next(backend::sqlite, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  for (const std::uint32_t ip : {20, 21}) REQUIRE(storage::open_route_editor(next.config)->add(host_row(key, ip)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  CHECK(client.route(key).hosts.size() == 1);

  std::filesystem::rename(next.config.connect, database.config.connect);
  const auto pushed = client.response(3s);
  REQUIRE(pushed);
  CHECK(endpoints(*pushed) == std::vector<endpoint>{{20, 80}, {21, 80}});
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 22)));
  const auto edited = client.response(3s);
  REQUIRE(edited);
  CHECK(edited->hosts.size() == 3);

  const std::string empty = database.config.connect + ".empty";
  std::ofstream(empty).close();
  std::filesystem::rename(empty, database.config.connect);
  CHECK_FALSE(client.frame(2500ms));
  CHECK(client.route(key).hosts.size() == 3);
}

TEST_CASE("A database whose tables are gone changes no answer") {
  test_database database(backend::sqlite, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.route(key);
  database.query("alter table RouteData rename to Elsewhere");
  CHECK_FALSE(client.frame(1500ms));
  CHECK(client.route(key).hosts.size() == 1);
  database.query("insert into Elsewhere(modid, cmdid, serverip, serverport) values (1,1,11,80)");
  database.query("alter table Elsewhere rename to RouteData");
  const auto pushed = client.response();
  REQUIRE(pushed);
  CHECK(pushed->hosts.size() == 2);
}

TEST_CASE("A missing SQLite file is waited for") {
  test_database database(backend::sqlite, content::current);
  REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 10)));
  const std::filesystem::path file = database.config.connect;
  std::filesystem::rename(file, file.string() + ".away");
  running_dns dns(database.config);
  dns_client client(dns.port());
  client.ask(key);
  CHECK_FALSE(client.frame(300ms));
  std::filesystem::rename(file.string() + ".away", file);
  const auto got = client.response();
  REQUIRE(got);
  CHECK(got->hosts.size() == 1);
}

TEST_CASE("A port that is taken refuses to start, in words") {
  test_database database(backend::sqlite, content::current);
  running_dns first(database.config);
  net::io_pool pool(1);
  auto config = running_dns::quick();
  config.listen.port = first.port();
  dns::role second(pool, config, database.config);
  const auto bound = second.listen();
  REQUIRE_FALSE(bound);
  CHECK(bound.error().text().find(std::to_string(first.port())) != std::string::npos);
}

}  // namespace lars::test::outages_test
