#include "app/settings.hpp"

#include <catch2/catch.hpp>

namespace lars::settings_test {

using namespace lars::app;
using namespace std::chrono_literals;

namespace {

const variables home = {{"HOME", "/h"}};

lars::result<settings> made(const std::vector<std::string>& sets, std::vector<role_kind> roles = {},
                            const variables& environment = home) {
  const auto table = gather({{}, {}, {}, sets, {}});
  REQUIRE(table);
  return make_settings(*table, roles, environment, false, 2);
}

}  // namespace

TEST_CASE("the defaults of the table are the defaults of the roles") {
  const auto configuration = made({});
  REQUIRE(configuration);
  const lars::dns::dns_config dns;
  const lars::agent::agent_config agent;
  CHECK(configuration->dns.listen == dns.listen);
  CHECK(configuration->dns.poll_interval == dns.poll_interval);
  CHECK(configuration->dns.reconcile_interval == dns.reconcile_interval);
  CHECK(configuration->dns.max_connections == dns.max_connections);
  CHECK(configuration->agent.listen == agent.listen);
  CHECK(configuration->agent.update_timeout == agent.update_timeout);
  CHECK(configuration->agent.health.init_succ_cnt == agent.health.init_succ_cnt);
  CHECK(configuration->agent.health.err_rate == agent.health.err_rate);
  CHECK(configuration->agent.health.idle_timeout == agent.health.idle_timeout);
  CHECK(configuration->agent.dns == std::vector<lars::endpoint>{{0x7f000001, 7778}});
  CHECK(configuration->agent.reporters == std::vector<lars::endpoint>{{0x7f000001, 7779}});
  CHECK(configuration->agent.report_interval == agent.report_interval);
  CHECK(configuration->agent.spool_bytes == agent.spool_bytes);
  const lars::reporter::reporter_config reporter;
  CHECK(configuration->reporter.listen == reporter.listen);
  CHECK(configuration->reporter.max_connections == reporter.max_connections);
  CHECK(configuration->reporter.writers == reporter.writers);
  CHECK(configuration->reporter.queue_bytes == reporter.queue_bytes);
  CHECK(configuration->reporter.history.keep_10s == reporter.history.keep_10s);
  CHECK(configuration->reporter.history.keep_1m == reporter.history.keep_1m);
  CHECK(configuration->reporter.history.keep_1h == reporter.history.keep_1h);
}

TEST_CASE("every key is stored in its member of the settings") {
  const auto configuration = made({"dns.ip=0.0.0.0",
                                   "dns.port=1",
                                   "dns.poll_interval_ms=20",
                                   "dns.reconcile_interval_s=3",
                                   "dns.max_connections=4",
                                   "dns.threads=7",
                                   "agent.ip=10.0.0.1",
                                   "agent.port=5",
                                   "agent.dns=10.0.0.2:6,10.0.0.3:7",
                                   "agent.run_dir=/run/l",
                                   "agent.reporter=10.0.0.4:8",
                                   "agent.report_interval_ms=250",
                                   "agent.spool_mb=3",
                                   "reporter.ip=10.0.0.5",
                                   "reporter.port=9",
                                   "reporter.max_connections=10",
                                   "reporter.writers=3",
                                   "reporter.queue_mb=5",
                                   "history.keep_10s=1h",
                                   "history.keep_1m=90m",
                                   "history.keep_1h=30d",
                                   "state.dir=/s",
                                   "storage.url=sqlite3://x.db",
                                   "log.level=warn",
                                   "log.format=json",
                                   "log.file=/var/log/l",
                                   "loadbalance.probe_num=1",
                                   "loadbalance.init_succ_cnt=2",
                                   "loadbalance.init_err_cnt=3",
                                   "loadbalance.err_rate=0.4",
                                   "loadbalance.succ_rate=0.6",
                                   "loadbalance.contin_err_limit=7",
                                   "loadbalance.contin_succ_limit=8",
                                   "loadbalance.window_err_rate=0.9",
                                   "loadbalance.idle_timeout=10",
                                   "loadbalance.overload_timeout=11",
                                   "loadbalance.update_timeout=12"});
  REQUIRE(configuration);
  CHECK(configuration->dns.listen == lars::endpoint{0, 1});
  CHECK(configuration->dns.poll_interval == 20ms);
  CHECK(configuration->dns.reconcile_interval == 3s);
  CHECK(configuration->dns.max_connections == 4);
  CHECK(configuration->agent.listen == lars::endpoint{0x0a000001, 5});
  CHECK(configuration->agent.dns == std::vector<lars::endpoint>{{0x0a000002, 6}, {0x0a000003, 7}});
  CHECK(configuration->agent_dns_is_set);
  CHECK(configuration->agent.run_dir == "/run/l");
  CHECK(configuration->agent.reporters == std::vector<lars::endpoint>{{0x0a000004, 8}});
  CHECK(configuration->agent_reporter_is_set);
  CHECK(configuration->agent.report_interval == 250ms);
  CHECK(configuration->agent.spool_bytes == 3u << 20);
  CHECK(configuration->reporter.listen == lars::endpoint{0x0a000005, 9});
  CHECK(configuration->reporter.max_connections == 10);
  CHECK(configuration->reporter.writers == 3);
  CHECK(configuration->reporter.queue_bytes == 5u << 20);
  CHECK(configuration->reporter.history.keep_10s == 1h);
  CHECK(configuration->reporter.history.keep_1m == 90min);
  CHECK(configuration->reporter.history.keep_1h == 720h);
  CHECK(configuration->agent.state_dir == "/s");
  CHECK(configuration->storage.connect == "/s/x.db");
  CHECK(configuration->log.least == lars::log::level::warn);
  CHECK(configuration->log.form == lars::log::format::json);
  CHECK(configuration->log.file == "/var/log/l");
  const lars::balance::health_config& health = configuration->agent.health;
  CHECK(health.probe_num == 1);
  CHECK(health.init_succ_cnt == 2);
  CHECK(health.init_err_cnt == 3);
  CHECK(health.err_rate == 0.4);
  CHECK(health.succ_rate == 0.6);
  CHECK(health.contin_err_limit == 7);
  CHECK(health.contin_succ_limit == 8);
  CHECK(health.window_err_rate == 0.9);
  CHECK(health.idle_timeout == 10s);
  CHECK(health.overload_timeout == 11s);
  CHECK(configuration->agent.update_timeout == 12s);
}

TEST_CASE("each log level is read") {
  CHECK(made({"log.level=debug"})->log.least == lars::log::level::debug);
  CHECK(made({"log.level=info"})->log.least == lars::log::level::info);
  CHECK(made({"log.level=error"})->log.least == lars::log::level::error);
}

TEST_CASE("a coarser step of the history must be kept at least as long as a finer one") {
  CHECK(made({"history.keep_10s=2d"}));
  const auto minutes = made({"history.keep_10s=3d"});
  REQUIRE_FALSE(minutes);
  CHECK(minutes.error().detail == "default: [history] keep_1m = '2d' is not allowed; allowed: at least keep_10s");
  const auto hours = made({"history.keep_1h=1d"});
  REQUIRE_FALSE(hours);
  CHECK(hours.error().detail ==
        "--set history.keep_1h: [history] keep_1h = '1d' is not allowed; allowed: at least keep_1m");
}

TEST_CASE("the pool has the largest number of threads configured for a running role") {
  const std::vector<std::string> sets = {"dns.threads=7", "reporter.threads=9"};
  CHECK(made(sets, {role_kind::dns})->threads == 7);
  CHECK(made(sets, {role_kind::dns, role_kind::reporter})->threads == 9);
  CHECK(made(sets, {role_kind::agent})->threads == 2);
}

TEST_CASE("the default number of threads is the number of cores, at most four") {
  const setting_table defaults;
  CHECK(make_settings(defaults, {}, home, false, 1)->threads == 1);
  CHECK(make_settings(defaults, {}, home, false, 3)->threads == 3);
  CHECK(make_settings(defaults, {}, home, false, 64)->threads == 4);
  CHECK(make_settings(defaults, {}, home, false, 0)->threads == 1);
}

TEST_CASE("the default database is in the state directory") {
  CHECK(made({})->storage.connect == "/h/.local/state/lars/lars.db");
  CHECK(made({"state.dir=/s"})->storage.connect == "/s/lars.db");
  CHECK(made({"storage.url=sqlite3:///elsewhere/x.db"})->storage.connect == "/elsewhere/x.db");
}

TEST_CASE("an agent and a database in the state directory need one") {
  const std::string mysql = "storage.url=mysql://db=lars_dns host=127.0.0.1";
  CHECK(made({}, {role_kind::dns})->needs_state_dir());
  CHECK(made({mysql}, {role_kind::agent})->needs_state_dir());
  CHECK_FALSE(made({mysql}, {role_kind::dns})->needs_state_dir());
  CHECK(made({}, {role_kind::reporter})->needs_state_dir());
  CHECK_FALSE(made({mysql}, {role_kind::reporter})->needs_state_dir());
  CHECK_FALSE(made({"storage.url=sqlite3:///elsewhere/x.db"}, {role_kind::dns})->needs_state_dir());
}

TEST_CASE("without a state directory, only processes that need none start") {
  const std::string mysql = "storage.url=mysql://db=lars_dns host=127.0.0.1";
  CHECK(made({mysql}, {role_kind::dns}, {}));
  CHECK_FALSE(made({mysql}, {role_kind::agent}, {}));
  CHECK_FALSE(made({}, {role_kind::dns}, {}));
}

TEST_CASE("a URL that names no database is refused with its origin") {
  const auto refused = made({"storage.url=sqlite3://"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.starts_with("--set storage.url: storage.url: "));
}

TEST_CASE("a password in an old file reaches the database library but no message") {
  setting_table table;
  REQUIRE(table.assign("storage", "url",
                       R"(mysql://db='lars_dns' user='root' password='it\'s a \\' host='10.0.0.9' port=3307)",
                       "old.conf:7"));
  const auto configuration = make_settings(table, {}, home, false, 2);
  REQUIRE(configuration);
  CHECK(configuration->storage.connect.find(R"(password='it\'s a \\')") != std::string::npos);
  CHECK(configuration->storage.shown().find("it") == std::string::npos);
}

TEST_CASE("commands reach an agent that is bound to all addresses by loopback") {
  CHECK(made({"agent.ip=0.0.0.0", "agent.port=9000"})->agent_to_ask() == lars::endpoint{0x7f000001, 9000});
  CHECK(made({"agent.ip=10.0.0.1"})->agent_to_ask() == lars::endpoint{0x0a000001, 8888});
  using places = std::vector<lars::endpoint>;
  CHECK(made({})->agent_http_to_ask() == places{{0x7f000001, 7782}, {0x7f000001, 7780}});
  CHECK(made({"http.ip=0.0.0.0", "http.port=9000"})->agent_http_to_ask() == places{{0x7f000001, 9000}});
}

TEST_CASE("the settings record whether an agent's dns was set") {
  CHECK_FALSE(made({})->agent_dns_is_set);
  const auto none = made({"agent.dns="});
  CHECK(none->agent_dns_is_set);
  CHECK(none->agent.dns.empty());
}

TEST_CASE("the run directory is a configured state directory, else the system's default") {
  const auto run_dir = [](const std::vector<std::string>& sets, const variables& environment, bool is_root) {
    setting_sources sources;
    sources.roles = {role_kind::agent};
    sources.sets = sets;
    return make_settings(gather(sources).value(), sources.roles, environment, is_root, 2).value().agent.run_dir;
  };
  CHECK(run_dir({"agent.run_dir=/r", "state.dir=/s"}, {{"RUNTIME_DIRECTORY", "/run/x"}}, true) == "/r");
  CHECK(run_dir({"state.dir=/s"}, {{"RUNTIME_DIRECTORY", "/run/x:/run/y"}}, true) == "/run/x");
  CHECK(run_dir({"state.dir=/s"}, {}, true) == "/s");
  CHECK(run_dir({}, {}, true) == "/run/lars");
  CHECK(run_dir({}, {{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/run/user/7"}}, false) == "/run/user/7/lars");
  CHECK(run_dir({}, {{"HOME", "/h"}}, false) == "/h/.local/state/lars");
}

TEST_CASE("connection limits are lowered in proportion to fit into the open files") {
  auto both = made({}, {role_kind::dns, role_kind::reporter}).value();
  CHECK_FALSE(fit_connections(both, 1'000'000));
  CHECK(both.dns.max_connections == 10'000);
  both.reporter.max_connections = 30'000;
  REQUIRE(fit_connections(both, 4'096));
  CHECK(both.dns.max_connections + both.reporter.max_connections < 4'096 - 256);
  CHECK(both.dns.max_connections + both.reporter.max_connections > 3'000);
  CHECK(both.reporter.max_connections / both.dns.max_connections == 3);
  // Of a role that does not run nothing is taken; a caller of an agent takes two.
  auto agent = made({}, {role_kind::agent}).value();
  CHECK_FALSE(fit_connections(agent, 20'000));
  REQUIRE(fit_connections(agent, 4'096));
  CHECK(agent.agent.max_callers < 2'048 - 128);
}

TEST_CASE("the default HTTP port is that of the first role") {
  using enum role_kind;
  const auto port = [](std::vector<role_kind> roles, const std::vector<std::string>& sets = {}) {
    return made(sets, std::move(roles)).value().http.listen.port;
  };
  CHECK(port({dns}) == 7780);
  CHECK(port({dns, reporter, agent}) == 7780);
  CHECK(port({reporter, agent}) == 7781);
  CHECK(port({agent}) == 7782);
  CHECK(port({agent}, {"http.port=9000"}) == 9000);
}

}  // namespace lars::settings_test
