// How settings of modules reach agents, from both databases.
#include <catch2/catch.hpp>

#include "dns_fixture.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::test::settings_test {

namespace {

using content = test_database::content;
using storage::backend;

constexpr route_key key{1, 1};

void set(const test_database& database, route_key module, const std::string& text) {
  REQUIRE(storage::open_settings_editor(database.config)->set(module, [&](const std::string&) -> result<std::string> {
    return text;
  }));
}

// A database with one host of module 1/1, a dns, and one agent of each kind that asked.
struct watched {
  test_database database;
  running_dns dns;
  dns_client modern{dns.port()};
  dns_client old{dns.port()};
  std::uint64_t bare = 0;  // the digest without settings

  explicit watched(backend kind, dns::dns_config config = running_dns::quick(), content with = content::current)
      : database(kind, with), dns((database.old_console_adds(1, 1, 0x0a000001, 80, 1000), database.config), config) {
    modern.ask_extended(key);
    const auto got = modern.response();
    REQUIRE(got);
    REQUIRE(got->hosts.size() == 1);
    CHECK(got->settings.empty());
    bare = got->digest;
    REQUIRE(old.route(key).hosts.size() == 1);
  }

  // The next push has the host and this policy, empty = no settings at all.
  void pushed(const std::string& policy) {
    const auto got = modern.response();
    REQUIRE(got);
    CHECK(got->key == key);
    CHECK(got->hosts.size() == 1);
    CHECK(got->settings.policy == policy);
    CHECK((got->digest == bare) == policy.empty());
  }
};

dns::dns_config patient() {
  auto config = running_dns::quick();
  config.reconcile_interval = 3600s;  // only what is announced arrives
  return config;
}

}  // namespace

#define FOR_BOTH_DATABASES(kind) for (const auto kind : {backend::sqlite, backend::mysql})

TEST_CASE("Settings that a command sets and takes back arrive within a poll, at agents that understand them alone") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, patient());
    set(all.database, key, R"({"policy":"rr"})");
    all.pushed("rr");
    set(all.database, key, R"({"policy":"p2c","parameter":{"tau":"1s"}})");
    all.pushed("p2c");
    REQUIRE(storage::open_settings_editor(all.database.config)->remove(key));
    all.pushed("");
    CHECK_FALSE(all.old.frame(100ms));
  }
}

TEST_CASE("Settings edited and deleted by hand arrive within a reconcile") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    all.database.query(R"(insert into ModuleSettings values (1, 1, '{"policy":"rr"}', 1))");
    all.pushed("rr");
    all.database.query(R"(update ModuleSettings set settings = '{"policy":"random"}')");
    all.pushed("random");
    all.database.query("delete from ModuleSettings");
    all.pushed("");
  }
}

TEST_CASE("Settings that are not allowed are not told; the last good ones stay, and go with their row") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    set(all.database, key, R"({"policy":"rr"})");
    all.pushed("rr");
    for (const auto* text : {"rubbish", R"({"policy":"rrr"})", R"({"health":{"err_rate":"2"}})"}) {
      set(all.database, key, text);
      CHECK_FALSE(all.modern.frame(200ms));
    }
    all.database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 1, 1, 80)");
    const auto got = all.modern.response();
    REQUIRE(got);
    CHECK(got->hosts.size() == 2);
    CHECK(got->settings.policy == "rr");
    all.database.query("delete from ModuleSettings");
    const auto last = all.modern.response();
    REQUIRE(last);
    CHECK(last->settings.empty());
  }
}

TEST_CASE("Settings wait for the hosts of their module") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    set(all.database, {2, 2}, R"({"policy":"rr"})");
    all.modern.ask_extended({2, 2});
    const auto none = all.modern.response();
    REQUIRE(none);
    CHECK(none->hosts.empty());
    CHECK(none->settings.empty());
    all.database.old_console_adds(2, 2, 0x0a000002, 80, 2000);
    const auto got = all.modern.response();
    REQUIRE(got);
    CHECK(got->hosts.size() == 1);
    CHECK(got->settings.policy == "rr");
  }
}

TEST_CASE("A dns that starts anew tells the same digest, and resumes an agent that has it") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind);
    set(all.database, key, R"({"policy":"p2c","parameter":{"tau":"1s","choices":"3"},"health":{"err_rate":"0.2"}})");
    const auto told = all.modern.response();
    REQUIRE(told);
    running_dns other(all.database.config);
    dns_client client(other.port());
    client.ask_extended(key, told->digest);
    const auto resumed = client.response();
    REQUIRE(resumed);
    CHECK(resumed->unchanged);
    CHECK(resumed->digest == told->digest);
  }
}

TEST_CASE("An old database without the table is served, and its settings arrive once it is upgraded") {
  FOR_BOTH_DATABASES(kind) {
    watched all(kind, running_dns::quick(), content::old_schema);
    all.database.old_console_adds(1, 1, 0x0a000002, 80, 2000);
    const auto more = all.modern.response();
    REQUIRE(more);
    CHECK(more->hosts.size() == 2);
    REQUIRE(storage::migrate(all.database.config, storage::migrate_policy::always));
    set(all.database, key, R"({"policy":"rr"})");
    const auto got = all.modern.response();
    REQUIRE(got);
    CHECK(got->settings.policy == "rr");
  }
}

}  // namespace lars::test::settings_test
