#include "app/application.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <thread>

#include "base/clock.hpp"
#include "cli/command.hpp"
#include "client/udp_transport.hpp"
#include "storage/sql/open_storage.hpp"
#include "support/temp_dir.hpp"

namespace lars::application_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Settings as the command line of a process would give them, on free ports and in `dir`.
app::settings configured(const fs::path& dir, const std::string& roles, std::vector<std::string> more = {}) {
  app::setting_sources sources;
  sources.roles = app::parse_roles(roles).value();
  sources.presets = {"dns.port=0",  "reporter.port=0",         "agent.port=0",
                     "http.port=0", "dns.poll_interval_ms=20", "state.dir=" + dir.string()};
  sources.sets = std::move(more);
  return app::load_settings(sources).value();
}

std::uint32_t port_of(const app::application& roles, app::role_kind role) {
  return roles.port_of(app::role_name(role));
}

// Asks until the module is there, for at most three seconds.
result<endpoint> ask(std::uint32_t agent_port, route_key key) {
  auto transport = client::udp_transport::open({{0x7f000001, agent_port}, {}});
  REQUIRE(transport);
  result<client::given_host> given = errc::no_such_module;
  for (const auto until = base::clock::now() + 3s; !given && base::clock::now() < until;)
    given = transport->get_host(key);
  if (!given) return given.error();
  return given->where;
}

void add_route(const app::settings& configuration, route_key key, endpoint where) {
  storage::route_row row;
  row.key = key;
  row.target.where = where;
  REQUIRE(storage::open_route_editor(configuration.storage)->add(row));
}

}  // namespace

TEST_CASE("with all roles in one process, the agent uses the local dns on any port") {
  const test::temp_dir dir;
  const app::settings configuration = configured(dir.path() / "state", "all");
  app::application roles(configuration);
  REQUIRE(roles.listen());
  REQUIRE(roles.listeners().size() == 4);
  roles.start();
  add_route(configuration, {1, 2}, {0x0a000001, 80});
  CHECK(ask(port_of(roles, app::role_kind::agent), {1, 2}).value() == endpoint{0x0a000001, 80});
  roles.stop();
}

TEST_CASE("only agents serve /explain over HTTP") {
  const test::temp_dir dir;
  const app::settings configuration = configured(dir.path() / "state", "all");
  app::application roles(configuration);
  REQUIRE(roles.listen());
  roles.start();
  add_route(configuration, {1, 2}, {0x0a000001, 80});
  REQUIRE(ask(port_of(roles, app::role_kind::agent), {1, 2}));
  std::ostringstream out, err;
  const auto explain = [&](std::vector<std::string> args, std::vector<endpoint> http) {
    out.str({});
    err.str({});
    return cli::run("explain", args, {{}, {}, out, err, false, std::move(http)});
  };
  const endpoint http{0x7f000001, roles.port_of("http")};
  const endpoint nobody{0x7f000001, 1};
  CHECK(explain({"1", "2"}, {nobody, http}) == 0);
  CHECK(out.str().starts_with("policy p2c, mode latency choices=2 "));
  CHECK(out.str().find("10.0.0.1") != std::string::npos);
  CHECK(explain({"1", "2", "--format", "json"}, {http}) == 0);
  CHECK(out.str().starts_with("{\"modid\":1,\"cmdid\":2,\"policy\":\"p2c\",\"parameters\":{"));
  CHECK(explain({"9", "-9"}, {http}) == 3);
  CHECK(err.str().find("no route for module 9 -9") != std::string::npos);
  CHECK(explain({"1", "2"}, {nobody}) == 1);
  CHECK(err.str().find("127.0.0.1:1") != std::string::npos);
  roles.stop();

  app::application dns(configured(dir.path() / "dns", "dns"));
  REQUIRE(dns.listen());
  dns.start();
  CHECK(explain({"1", "2"}, {{0x7f000001, dns.port_of("http")}}) == 1);
  CHECK(err.str().find("is not an agent") != std::string::npos);
}

TEST_CASE("roles in two processes find each other by configuration") {
  const test::temp_dir dir;
  const app::settings for_dns = configured(dir.path() / "dns", "dns");
  app::application dns(for_dns);
  REQUIRE(dns.listen());
  dns.start();
  const std::string port = std::to_string(port_of(dns, app::role_kind::dns));
  app::application agent(configured(dir.path() / "agent", "agent", {"agent.dns=127.0.0.1:" + port}));
  REQUIRE(agent.listen());
  agent.start();
  add_route(for_dns, {3, 4}, {0x0a000002, 81});
  CHECK(ask(port_of(agent, app::role_kind::agent), {3, 4}).value() == endpoint{0x0a000002, 81});
}

TEST_CASE("a combined process obeys an agent's dns that is set") {
  const test::temp_dir dir;
  const app::settings configuration = configured(dir.path(), "all", {"agent.dns="});
  app::application roles(configuration);
  REQUIRE(roles.listen());
  roles.start();
  add_route(configuration, {1, 1}, {0x0a000001, 80});
  std::this_thread::sleep_for(100ms);
  auto transport = client::udp_transport::open({{0x7f000001, port_of(roles, app::role_kind::agent)}, {}});
  REQUIRE(transport);
  CHECK(transport->get_host({1, 1}).error().code == errc::no_such_module);
}

TEST_CASE("a dns port that is taken refuses the start before anything is made") {
  const test::temp_dir dir;
  app::application first(configured(dir.path() / "first", "dns"));
  REQUIRE(first.listen());
  const std::string taken = std::to_string(port_of(first, app::role_kind::dns));
  app::application second(configured(dir.path() / "second", "dns", {"dns.port=" + taken}));
  const auto refused = second.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("role dns: ") == 0);
  CHECK(refused.error().detail.find(taken) != std::string::npos);
  CHECK_FALSE(fs::exists(dir.path() / "second"));
}

TEST_CASE("a second agent on one state directory is refused") {
  const test::temp_dir dir;
  app::application first(configured(dir.path(), "agent"));
  REQUIRE(first.listen());
  app::application second(configured(dir.path(), "agent"));
  const auto refused = second.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("another agent") != std::string::npos);
}

TEST_CASE("a state directory that cannot be made refuses the start by name") {
  app::application roles(configured("/dev/null/lars", "agent"));
  const auto refused = roles.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("/dev/null/lars") != std::string::npos);
}

TEST_CASE("an application that never started is destroyed quietly, and stopping twice is harmless") {
  const test::temp_dir dir;
  { const app::application never_listened(configured(dir.path(), "all")); }
  app::application roles(configured(dir.path(), "all"));
  REQUIRE(roles.listen());
  roles.start();
  roles.stop();
  roles.stop();
}

TEST_CASE("a MySQL server that is down delays neither start nor stop") {
  const test::temp_dir dir;
  const auto begin = base::clock::now();
  app::application roles(
      configured(dir.path(), "dns", {"storage.url=mysql://db=lars_dns user=x host=127.0.0.1 port=1"}));
  REQUIRE(roles.listen());
  roles.start();
  std::this_thread::sleep_for(100ms);
  roles.stop();
  CHECK(base::clock::now() - begin < 3s);
}

}  // namespace lars::application_test
