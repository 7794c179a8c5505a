// What hands wrote into the database reaches agents as far as it means something; a bad row costs that row.
#include <catch2/catch.hpp>

#include "dns_fixture.hpp"

namespace lars::test::bad_rows_test {

namespace {

using content = test_database::content;
using storage::backend;

constexpr route_key key{7, 1}, other{8, 1};
const std::string refused_rows = "lars_dns_refused_rows", unusable = "lars_dns_unusable_modules";

// Two modules of two hosts each and an agent that follows both.
struct watched {
  test_database database;
  std::unique_ptr<running_dns> dns;
  std::unique_ptr<dns_client> client;
  std::uint64_t digest = 0;  // of `key` as it began

  explicit watched(backend kind, content with = content::current) : database(kind, with) {
    for (const int modid : {7, 8})
      for (const std::uint32_t last : {1u, 2u}) database.old_console_adds(modid, 1, 0x0a000000 + last, 80, 1000);
    if (with == content::current) database.query("update RouteData set zone = 'eu', weight = 50");
    dns = std::make_unique<running_dns>(database.config);
    client = std::make_unique<dns_client>(dns->port());
    digest = answer(key).digest;
    answer(other);
  }

  proto::route_response answer(route_key of) {
    client->ask_extended(of);
    const auto got = client->response();
    REQUIRE(got);
    REQUIRE(got->key == of);
    return *got;
  }

  // The other module's change arrives next, so nothing was said of the first one.
  bool only_other_is_pushed() {
    database.old_console_adds(8, 1, next_++, 80, clock_++);
    const auto got = client->response();
    return got && got->key == other;
  }

  bool counts(const std::string& metric, double wanted) {
    return eventually([&] { return dns->metric(metric) == wanted; });
  }

private:
  std::uint32_t next_ = 0x0a000100;
  long long clock_ = 2000;
};

}  // namespace

TEST_CASE("A zone that is no UTF-8 leaves its host as it was, is counted, and nobody else notices") {
  watched all(backend::sqlite);
  all.database.query("update RouteData set zone = cast(x'4dfc6e6368656e' as text) where modid = 7");
  CHECK(all.counts(refused_rows, 2));
  CHECK(all.only_other_is_pushed());
  CHECK(all.answer(key).digest == all.digest);
  // What else is said of the host holds.
  all.database.query("update RouteData set state = 1 where modid = 7 and serverip = 167772161");
  const auto drained = all.client->response();
  REQUIRE(drained);
  CHECK(drained->key == key);
  CHECK(drained->hosts[0].state == host_state::drain);
  CHECK(drained->hosts[0].zone == "eu");
  // A dns that never saw the good zone has the hosts without one.
  running_dns fresh(all.database.config);
  dns_client fresh_client(fresh.port());
  fresh_client.ask_extended(key);
  const auto got = fresh_client.response();
  REQUIRE(got);
  CHECK(got->hosts.size() == 2);
  CHECK(got->hosts[0].zone.empty());
  all.database.query("update RouteData set zone = 'eu', state = 0 where modid = 7");
  CHECK(all.counts(refused_rows, 0));
  CHECK(all.answer(key).digest == all.digest);
}

TEST_CASE("A row that names no host costs that row, and the last good route where no other row is left") {
  for (const auto kind : {backend::sqlite, backend::mysql}) {
    for (const auto* wrong :
         {"serverip = 0", "serverip = 3758096385", "serverip = 4294967295", "serverport = 0", "serverport = 70000"}) {
      watched all(kind);
      INFO(wrong);
      all.database.query("update RouteData set " + std::string(wrong) + " where modid = 7 and serverip = 167772161");
      const auto one = all.client->response();
      REQUIRE(one);
      CHECK(one->key == key);
      CHECK(endpoints(*one) == std::vector<endpoint>{{0x0a000002, 80}});
      CHECK(all.counts(refused_rows, 1));
      CHECK(all.dns->metric(unusable) == 0);
      all.database.query("update RouteData set " + std::string(wrong) + " where modid = 7");
      CHECK(all.counts(unusable, 1));
      CHECK(all.only_other_is_pushed());
      CHECK(all.answer(key).digest == one->digest);
      // Repaired by their removal: an empty answer is one again.
      all.database.query("delete from RouteData where modid = 7");
      const auto none = all.client->response();
      REQUIRE(none);
      CHECK(none->key == key);
      CHECK(none->hosts.empty());
      CHECK(all.dns->metric(refused_rows) == 0);
      CHECK(all.dns->metric(unusable) == 0);
    }
  }
}

namespace {

// A dns that starts while no row of `key` names a host, and agents that ask it: one holds the last good route, one
// holds nothing, one is of those already in the field.
struct late_dns {
  explicit late_dns(watched& all)
      : dns((all.database.query("update RouteData set serverport = 70000 where modid = 7"), all.database.config)) {
    modern.ask_extended(key, all.digest);
    newcomer.ask_extended(key);
    old.ask(key);
    for (auto* const agent : {&modern, &newcomer, &old}) agent->ask(other);
  }

  // What all of them hear next is about the module `of`, with these hosts.
  void all_hear(route_key of, std::size_t hosts) {
    for (auto* const agent : {&modern, &newcomer, &old}) {
      const auto got = agent->response();
      REQUIRE(got);
      CHECK(got->key == of);
      CHECK_FALSE(got->unchanged);
      CHECK(got->hosts.size() == hosts);
    }
  }

  running_dns dns;
  dns_client modern{dns.port()}, newcomer{dns.port()}, old{dns.port()};
};

}  // namespace

TEST_CASE("A dns that starts while no row of a module names a host takes no route from any agent") {
  for (const auto kind : {backend::sqlite, backend::mysql})
    for (const bool repaired : {true, false}) {
      watched all(kind);
      late_dns late(all);
      CHECK(eventually([&] { return late.dns.metric(unusable) == 1; }));
      const auto held = late.modern.response();
      REQUIRE(held);
      CHECK(held->key == key);
      CHECK(held->unchanged);
      CHECK(held->digest == all.digest);
      const auto nothing_held = late.newcomer.response();
      REQUIRE(nothing_held);
      CHECK(nothing_held->key == key);
      CHECK(nothing_held->unchanged);
      // The agent in the field takes an answer without hosts for the end of the module: it gets none, and no push.
      late.all_hear(other, 2);
      all.database.old_console_adds(8, 1, 0x0a000003, 80, 2000);
      late.all_hear(other, 3);
      // All of them follow the module, and hear what becomes of it.
      all.database.query(repaired ? "update RouteData set serverport = 80 where modid = 7"
                                  : "delete from RouteData where modid = 7");
      late.all_hear(key, repaired ? 2 : 0);
      CHECK(eventually([&] { return late.dns.metric(unusable) == 0; }));
      late.modern.ask_extended(key, 12345);
      const auto now = late.modern.response();
      REQUIRE(now);
      CHECK_FALSE(now->unchanged);
      CHECK(now->hosts.size() == (repaired ? 2u : 0u));
    }
}

TEST_CASE("Text, NULL and numbers too large where numbers are expected cost their rows, changes and settings alone") {
  watched all(backend::sqlite, content::old_schema);
  all.database.query(
      "insert into RouteData(modid, cmdid, serverip, serverport) values (7, 1, 'abc', 80),"
      " (7, 1, 167772163, 'http'), (7, 1, null, 80), (7, 1, 167772164, null),"
      " (7, 1, 167772165, 4294967376), ('abc', 1, 167772166, 80), (null, 1, 167772167, 80),"
      " (4294967303, 1, 167772168, 80)");
  all.database.query("insert into RouteChange(modid, cmdid, version) values (null, 1, 3000), ('abc', null, null)");
  CHECK(all.counts(refused_rows, 5));
  CHECK(all.only_other_is_pushed());
  CHECK(all.answer(key).digest == all.digest);
  all.database.query("update RouteVersion set version = 'abc'");
  CHECK(all.only_other_is_pushed());
  running_dns fresh(all.database.config);
  dns_client client(fresh.port());
  CHECK(client.route(key).hosts.size() == 2);
  CHECK(fresh.metric(refused_rows) == 5);
  CHECK(fresh.metric("lars_dns_modules") == 2);
}

TEST_CASE("NULL in a table that somebody made costs its row on MariaDB too") {
  watched all(backend::mysql, content::old_schema);
  for (const auto* column : {"modid", "serverip", "serverport"})
    all.database.query("alter table RouteData modify " + std::string(column) + " bigint null");
  all.database.query(
      "insert into RouteData(modid, cmdid, serverip, serverport) values (7, 1, null, 80),"
      " (7, 1, 167772164, null), (7, 1, -1062731519, 4294967376), (null, 1, 167772167, 80),"
      " (4294967303, 1, 167772168, 80)");
  running_dns fresh(all.database.config);
  dns_client client(fresh.port());
  CHECK(client.route(key).hosts.size() == 2);
  CHECK(fresh.metric(refused_rows) == 3);
}

}  // namespace lars::test::bad_rows_test
