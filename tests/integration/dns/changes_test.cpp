// What reaches agents, from whom and how soon, on both databases.
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "base/clock.hpp"
#include "dns_fixture.hpp"
#include "storage/sql/open_storage.hpp"
#include "storage/sql/session.hpp"

namespace lars::test::changes_test {

namespace {

using base::clock;
using content = test_database::content;
using storage::backend;

constexpr route_key key{1, 1};

// A database with one host of module 1/1, a dns that polls as it does in production, and an agent that asked.
struct watched {
  test_database database;
  std::unique_ptr<storage::route_editor> editor;
  std::unique_ptr<running_dns> dns;
  std::unique_ptr<dns_client> client;

  explicit watched(backend kind, dns::dns_config config = running_dns::quick(), content with = content::current)
      : database(kind, with), editor(storage::open_route_editor(database.config)) {
    database.old_console_adds(1, 1, 0x0a000001, 80, 1000);
    dns = std::make_unique<running_dns>(database.config, config);
    client = std::make_unique<dns_client>(dns->port());
    REQUIRE(client->route(key).hosts.size() == 1);
  }

  // The next push holds exactly these.
  bool pushed(std::vector<endpoint> wanted, milliseconds patience = 5s) {
    const auto got = client->response(patience);
    return got && got->key == key && endpoints(*got) == wanted;
  }
  endpoint host(std::uint32_t last) const { return {0x0a000000 + last, 80}; }
};

dns::dns_config patient() {
  auto config = running_dns::quick();
  config.reconcile_interval = 3600s;  // only what is announced, or looks missed, arrives
  return config;
}

dns::dns_config as_in_production() {
  auto config = patient();
  config.poll_interval = 200ms;
  return config;
}

milliseconds median(std::vector<milliseconds> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

}  // namespace

#define FOR_BOTH_DATABASES(kind) for (const auto kind : {backend::sqlite, backend::mysql})

TEST_CASE("A change of ours reaches a subscriber in less than 300 ms, at the median of 20") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, as_in_production());
    std::vector<milliseconds> took;
    for (std::uint32_t i = 1; i <= 20; ++i) {
      std::this_thread::sleep_for(milliseconds(13 * (i % 7)));
      REQUIRE(all.editor->set(key, all.host(1), {.weight = {}, .zone = std::to_string(i), .state = {}}));
      REQUIRE(all.editor->add(host_row(key, 0x0a000100 + i)));
      const auto committed = clock::now();
      const auto got = all.client->response();
      REQUIRE(got);
      CHECK(got->hosts.size() == 1 + i);
      took.push_back(std::chrono::duration_cast<milliseconds>(clock::now() - committed));
    }
    INFO((kind == backend::sqlite ? "SQLite" : "MariaDB") << ", median in ms: " << median(took).count());
    CHECK(median(took) < 300ms);
  }
}

TEST_CASE("A change in the three steps of the old console arrives in less than 300 ms, at the median of 20") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, as_in_production(), content::old_schema);
    std::vector<milliseconds> took;
    for (std::uint32_t i = 1; i <= 20; ++i) {
      std::this_thread::sleep_for(milliseconds(13 * (i % 7)));
      all.database.old_console_adds(1, 1, 0x0a000100 + i, 80, 2000 + i / 3);  // three of them in one second
      const auto committed = clock::now();
      const auto got = all.client->response();
      REQUIRE(got);
      CHECK(got->hosts.size() == 1 + i);
      took.push_back(std::chrono::duration_cast<milliseconds>(clock::now() - committed));
    }
    INFO((kind == backend::sqlite ? "SQLite" : "MariaDB") << ", median in ms: " << median(took).count());
    CHECK(median(took) < 300ms);
  }
}

TEST_CASE("Two changes in one second both arrive") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    all.database.old_console_adds(1, 1, all.host(2).ip, 80, 2000);
    CHECK(all.pushed({all.host(1), all.host(2)}));
    all.database.old_console_adds(1, 1, all.host(3).ip, 80, 2000);
    CHECK(all.pushed({all.host(1), all.host(2), all.host(3)}));
  }
}

TEST_CASE("A change whose version moves backwards arrives") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    all.database.old_console_adds(1, 1, all.host(2).ip, 80, 500);
    CHECK(all.pushed({all.host(1), all.host(2)}));
  }
}

TEST_CASE("A version that moves without a change row leads to a look at everything") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    all.database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1,1,167772162,80)");
    all.database.query("update RouteVersion set version = 900 where id = 1");
    CHECK(all.pushed({all.host(1), all.host(2)}, 1s));
  }
}

TEST_CASE("A silent edit arrives within the reconcile interval") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    for (std::uint32_t port = 81; port < 84; ++port) {
      all.database.query("update RouteData set serverport = " + std::to_string(port) + " where modid = 1");
      CHECK(all.pushed({{all.host(1).ip, port}}, kind == backend::sqlite ? 1s : 3s));
    }
  }
}

TEST_CASE("A silent delete arrives within the reconcile interval, also that of a module's last host") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    all.database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1,1,167772162,80)");
    CHECK(all.pushed({all.host(1), all.host(2)}, 3s));
    all.database.query("delete from RouteData where serverip = 167772161");
    CHECK(all.pushed({all.host(2)}, 3s));
    all.database.query("delete from RouteData");
    CHECK(all.pushed({}, 3s));
  }
}

TEST_CASE(
    "A silent delete that commits later than another change of its second arrives within the reconcile interval") {
  watched here(backend::mysql);
  here.database.old_console_adds(1, 1, 0x0a000002, 80, 1001);
  REQUIRE(here.pushed({here.host(1), here.host(2)}));
  // Both transactions begin in one second: from its start, neither misses it.
  const auto second = [&] { return here.database.value("select unix_timestamp()"); };
  const auto before = second();
  REQUIRE(eventually([&] { return second() != before; }));
  // By the time of its commit the second is long over, and several passes saw the table as it stood.
  auto slow = std::async(std::launch::async, [&] {
    here.database.query(
        "begin not atomic start transaction; delete from RouteData where id = 2; do sleep(5); commit; end");
  });
  const auto deleting = [&] {
    return here.database.value("select count(*) from information_schema.processlist where state = 'User sleep'") != "0";
  };
  REQUIRE(eventually(deleting));
  here.database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 1, 0x0a000003, 80)");
  REQUIRE(here.pushed({here.host(1), here.host(2), here.host(3)}));
  slow.get();
  CHECK(here.pushed({here.host(1), here.host(3)}, 2s));
}

TEST_CASE("An edit that is announced and then undone by hand arrives twice") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    std::this_thread::sleep_for(2s);  // a pass over the unchanged table
    REQUIRE(all.editor->add(host_row(key, all.host(2).ip)));
    CHECK(all.pushed({all.host(1), all.host(2)}));
    all.database.query("delete from RouteData where serverip = 167772162");
    CHECK(all.pushed({all.host(1)}, 3s));
  }
}

TEST_CASE("Every dns sees every change, beside an old dns that deletes change rows") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    running_dns second(all.database.config, patient()), third(all.database.config, patient());
    dns_client at_second(second.port()), at_third(third.port());
    at_second.route(key);
    at_third.route(key);
    std::jthread old_dns([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        all.database.query("delete from RouteChange where version <= (select version from RouteVersion where id = 1)");
        std::this_thread::sleep_for(50ms);
      }
    });
    for (std::uint32_t i = 1; i <= 10; ++i) {
      // Two changes a second: where the second one's row is gone before any poll saw it, the second look finds it.
      all.database.old_console_adds(1, 1, 0x0a000100 + i, 80, 3000 + i / 2);
      for (auto* client : {all.client.get(), &at_second, &at_third}) {
        const auto got = client->response(2s);
        REQUIRE(got);
        CHECK(got->hosts.size() == 1 + i);
      }
    }
  }
}

TEST_CASE("Answers and digests are equal on every dns") {
  watched all(backend::sqlite);
  for (std::uint32_t i = 2; i < 9; ++i) REQUIRE(all.editor->add(host_row(key, all.host(10 - i).ip, 80, i)));
  running_dns second(all.database.config);
  dns_client at_second(second.port());
  REQUIRE(eventually([&] { return all.client->route(key).hosts.size() == 8; }));
  dns_client at_first(all.dns->port());
  at_first.ask_extended(key);
  at_second.ask_extended(key);
  const auto one = at_first.response(), other = at_second.response();
  REQUIRE((one && other));
  CHECK(one->digest == other->digest);
  CHECK(one->hosts == other->hosts);
}

TEST_CASE("A change of a transaction that was open while thousands were committed arrives") {
  watched test(backend::mysql, as_in_production());
  storage::session slow(test.database.config);
  const auto done = slow.write([&](soci::session& sql) -> result<void> {
    const auto run = [&](const std::string& text) { storage::execute(sql, backend::mysql, text); };
    run("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 1, 167772162, 80)");
    run("insert into RouteChange(modid, cmdid, version) values (1, 1, 2000)");
    std::string others = "insert into RouteChange(modid, cmdid, version) values (9, 9, 2000)";
    for (int i = 0; i < 4999; ++i) others += ",(9, 9, 2000)";
    test.database.query(others);
    test.database.query("update RouteVersion set version = 2000 where id = 1");
    // What dns looks for beyond the sign of a change is over: neither the version nor the highest id will move again.
    std::this_thread::sleep_for(2500ms);
    return {};
  });
  REQUIRE(done);
  CHECK(test.pushed({test.host(1), test.host(2)}, 20s));
  CHECK(test.dns->metric("lars_dns_late_changes_total") >= 1);
}

TEST_CASE("An import of many modules reaches those who asked") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    std::vector<storage::route_row> rows;
    for (std::int32_t i = 0; i < 3000; ++i) rows.push_back(host_row({100 + i, 1}, 0x0b000000));
    all.client->route({100, 1});
    all.client->route({3099, 1});
    REQUIRE(all.editor->import(rows, std::nullopt));
    std::vector<route_key> arrived;
    for (int i = 0; i < 2; ++i) {
      const auto got = all.client->response();
      REQUIRE(got);
      CHECK(got->hosts.size() == 1);
      arrived.push_back(got->key);
    }
    std::sort(arrived.begin(), arrived.end());
    CHECK(arrived == std::vector<route_key>{{100, 1}, {3099, 1}});
  }
}

}  // namespace lars::test::changes_test
