// The dns role and a MySQL that is empty, late, or of the schema already in the field.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "app/application.hpp"
#include "app/storage_opening.hpp"
#include "base/clock.hpp"
#include "support/mariadb_server.hpp"

namespace lars::mysql_test {

using namespace std::chrono_literals;
using test::mariadb_server;

namespace {

app::settings configured(const std::string& url) {
  app::setting_sources sources;
  sources.roles = {app::role_kind::dns};
  sources.presets = {"dns.port=0", "http.port=0"};
  sources.sets = {"storage.url=" + url};
  return app::load_settings(sources).value();
}

std::string column(const mariadb_server& server, const std::string& database, const std::string& name) {
  return server
      .query("", "select count(*) from information_schema.columns where table_schema = '" + database +
                     "' and table_name = 'RouteData' and column_name = '" + name + "'")
      .at(0)
      .at(0);
}

bool becomes_filled(const mariadb_server& server, const std::string& database) {
  for (const auto until = base::clock::now() + 30s; base::clock::now() < until; std::this_thread::sleep_for(50ms))
    if (column(server, database, "weight") == "1") return true;
  return false;
}

}  // namespace

TEST_CASE("an empty MySQL database is filled when a dns starts") {
  mariadb_server& server = mariadb_server::shared();
  const std::string database = server.fresh_database();
  app::application dns(configured(server.url(database)));
  REQUIRE(dns.listen());
  dns.start();
  CHECK(becomes_filled(server, database));
}

TEST_CASE("an empty MySQL database that is down at the start is filled once it is up") {
  mariadb_server& server = mariadb_server::shared();
  const std::string database = server.fresh_database();
  server.stop();
  app::application dns(configured(server.url(database)));
  REQUIRE(dns.listen());
  dns.start();
  std::this_thread::sleep_for(300ms);
  server.start();
  CHECK(becomes_filled(server, database));
}

TEST_CASE("a MySQL database of the old schema is left as it is") {
  mariadb_server& server = mariadb_server::shared();
  const std::string database = server.fresh_database();
  server.query(
      database,
      "create table RouteData (id int unsigned not null auto_increment primary key, modid int unsigned not null, "
      "cmdid int unsigned not null, serverip int unsigned not null, serverport int unsigned not null)");
  app::application dns(configured(server.url(database)));
  REQUIRE(dns.listen());
  dns.start();
  std::this_thread::sleep_for(500ms);
  dns.stop();
  CHECK(column(server, database, "serverip") == "1");
  CHECK(column(server, database, "weight") == "0");
}

TEST_CASE("a MySQL server that answers nothing keeps no process from ending in time") {
  mariadb_server& server = mariadb_server::shared();
  const std::string database = server.fresh_database();
  app::application dns(configured(server.url(database)));
  REQUIRE(dns.listen());
  server.freeze();
  dns.start();
  std::this_thread::sleep_for(200ms);
  const auto begin = base::clock::now();
  dns.stop();
  const auto took = base::clock::now() - begin;
  server.thaw();
  CHECK(took < 5s);
}

TEST_CASE("while another program fills the database, roles wait for it, however long it takes") {
  mariadb_server& server = mariadb_server::shared();
  const std::string database = server.fresh_database();
  // It holds the lock of migrations for longer than the 5 s of one attempt.
  std::thread other(
      [&] { server.query(database, "select get_lock(concat('lars migrate ', md5(database())), 0), sleep(7)"); });
  const auto lock_is_held = [&] {
    return server.query(database, "select is_used_lock(concat('lars migrate ', md5(database()))) is not null")
               .at(0)
               .at(0) == "1";
  };
  while (!lock_is_held()) std::this_thread::yield();

  const auto filling = std::make_shared<std::atomic<bool>>(false);
  app::mysql_opening opening(configured(server.url(database)).storage, filling);
  bool waited = true;
  while (column(server, database, "weight") != "1") {
    waited = waited && filling->load();
    std::this_thread::sleep_for(20ms);  // what another process does has no event
  }
  other.join();

  CHECK(waited);
  while (filling->load()) std::this_thread::yield();
}

}  // namespace lars::mysql_test
