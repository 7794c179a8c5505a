// What the route manager does with a dns that fails, lags behind or answers nonsense. The test is the link to dns.
#include "agent/routes/route_manager.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "wire/frame.hpp"

namespace lars::route_manager_test {

using namespace lars::agent;
using namespace std::chrono_literals;
using share::attach_status;

namespace {

constexpr route_key module_key{1, 1};
constexpr route_key other_key{2, 1};
constexpr endpoint first{0x0a000001, 80};
constexpr endpoint second{0x0a000002, 80};
constexpr std::size_t no_limit = 1u << 20;
constexpr std::size_t body_limit = 1u << 20;

using keys = std::vector<route_key>;

proto::route_response route_of(route_key key, const std::vector<endpoint>& hosts, std::uint64_t digest = 1) {
  proto::route_response route;
  route.key = key;
  route.digest = digest;
  route.total_hosts = static_cast<std::uint32_t>(hosts.size());
  for (const auto where : hosts) route.hosts.push_back({where});
  return route;
}

struct managing_agent {
  // dns sends whole frames.
  bool receive(const std::string& bytes) {
    wire::frame_reader reader(body_limit);
    reader.feed(bytes);
    wire::frame frame;
    REQUIRE(reader.next(frame) == wire::frame_reader::status::ready);
    return link.on_frame(frame);
  }
  bool receive(const proto::route_response& route) { return receive(proto::encode_extended(route)); }

  // What the manager requests from dns now.
  std::vector<proto::route_request> requests() {
    wire::frame_reader reader(body_limit);
    reader.feed(link.next_requests(no_limit));
    std::vector<proto::route_request> found;
    for (wire::frame frame; reader.next(frame) == wire::frame_reader::status::ready;)
      REQUIRE(proto::decode(frame.body, found.emplace_back()));
    return found;
  }
  keys requested() {
    keys found;
    for (const auto& request : requests()) found.push_back(request.key);
    return found;
  }

  // Callers asked for the module, and dns has answered.
  void learn(const proto::route_response& route) {
    manager.on_miss(route.key);
    (void)requests();
    REQUIRE(receive(route));
    REQUIRE(manager.modules().find(route.key) != nullptr);
  }
  void connect() { link.on_connected({}); }

  std::vector<endpoint> hosts_of(route_key key) {
    auto* const module = manager.modules().find(key);
    REQUIRE(module != nullptr);
    std::vector<endpoint> found;
    const auto explained = module->explain(100, base::random_source(1), base::clock::now());
    for (const auto& host : explained.each) found.push_back(host.where);
    return found;
  }
  // A caller that shares memory asks for the module; dns may be asked `allowed`.
  attach_status request(route_key key, bool allowed = true) {
    return manager.request_module(key, [&] { return allowed; });
  }

  test::temp_dir dir;
  agent_config config;
  boost::asio::io_context context;
  net::blocking_pool pool{1};
  route_file file{dir.path() / "routes"};
  route_memory memory{1u << 20, {}};
  route_manager manager{{context, pool, net::system_network()}, config, file, nullptr, memory};
  link_client& link = manager;
};

}  // namespace

TEST_CASE("an answer that cannot be decoded is refused and changes nothing") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}));
  const std::string truncated = "\x08";  // a field without its value
  CHECK_FALSE(agent.link.on_frame({static_cast<std::int32_t>(proto::message_id::get_route_response), truncated}));
  CHECK(agent.manager.stats().answers == 1);
  CHECK(agent.hosts_of(module_key) == std::vector{first});
}

TEST_CASE("messages of an unknown kind are ignored") {
  managing_agent agent;
  CHECK(agent.link.on_frame({4711, "anything"}));
  CHECK(agent.manager.stats().answers == 0);
}

TEST_CASE("an answer that nobody asked for is ignored") {
  managing_agent agent;
  agent.connect();
  CHECK(agent.receive(route_of(module_key, {first})));
  CHECK(agent.manager.modules().find(module_key) == nullptr);
}

TEST_CASE("hosts that cannot be called are left out") {
  constexpr endpoint without_port{0x0a000003, 0};
  constexpr endpoint without_address{0, 80};
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}));
  // One host can be called.
  CHECK(agent.receive(route_of(module_key, {without_port, second, without_address}, 2)));
  CHECK(agent.hosts_of(module_key) == std::vector{second});
  CHECK(agent.manager.stats().refused_hosts == 2);
  // None can be called: the last good route stays.
  CHECK(agent.receive(route_of(module_key, {without_port}, 3)));
  CHECK(agent.hosts_of(module_key) == std::vector{second});
  CHECK(agent.manager.stats().refused_hosts == 3);
  // No hosts at all is an answer.
  CHECK(agent.receive(route_of(module_key, {}, 4)));
  CHECK(agent.hosts_of(module_key).empty());
}

TEST_CASE("a new module of which no host can be called is as good as absent") {
  managing_agent agent;
  agent.connect();
  agent.manager.on_miss(module_key);
  REQUIRE(agent.requested() == keys{module_key});
  CHECK(agent.receive(route_of(module_key, {{0, 0}})));
  CHECK(agent.manager.modules().find(module_key) == nullptr);
  CHECK(agent.request(module_key) == attach_status::absent);
}

TEST_CASE("\"unchanged\" for a module that is unknown here means that there is none") {
  managing_agent agent;
  agent.connect();
  agent.manager.on_miss(module_key);
  (void)agent.requests();
  auto answer = route_of(module_key, {});
  answer.unchanged = true;
  CHECK(agent.receive(answer));
  CHECK(agent.request(module_key) == attach_status::absent);
  // Neither is dns asked again while the answer is fresh.
  agent.manager.on_miss(module_key);
  CHECK(agent.requested().empty());
}

TEST_CASE("a module that dns did not know becomes known by a push") {
  managing_agent agent;
  agent.connect();
  agent.manager.on_miss(module_key);
  (void)agent.requests();
  CHECK(agent.receive(route_of(module_key, {})));
  CHECK(agent.receive(route_of(module_key, {first})));
  CHECK(agent.hosts_of(module_key) == std::vector{first});
}

TEST_CASE("after the link was lost, known modules are confirmed first, then unanswered requests are repeated") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}, 17));
  agent.manager.on_miss(other_key);
  REQUIRE(agent.requested() == keys{other_key});
  CHECK(agent.requested().empty());
  // The answer did not arrive on the old connection.
  agent.connect();
  const auto repeated = agent.requests();
  REQUIRE(repeated.size() == 2);
  CHECK(repeated[0].key == module_key);
  CHECK(repeated[0].known_digest == 17);
  CHECK(repeated[1].key == other_key);
  CHECK(repeated[1].known_digest == 0);
}

TEST_CASE("while there is no link, requests wait and callers are told so") {
  managing_agent agent;
  CHECK(agent.request(module_key) == attach_status::pulling);
  CHECK(agent.request(module_key) == attach_status::pulling);
  agent.connect();
  CHECK(agent.requested() == keys{module_key});
}

TEST_CASE("a snapshot that may be older than the current route is held back until dns is known to be newer") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first, second}, 1));
  // Another dns, which polled the database before the route arrived, still sends a route with one host.
  agent.connect();
  (void)agent.requests();
  agent.link.on_server_report({.healthy = true, .last_poll = base::clock::now() - 1h});
  CHECK(agent.receive(route_of(module_key, {first}, 2)));
  CHECK(agent.hosts_of(module_key) == std::vector{first, second});
  CHECK(agent.manager.stats().held_back == 1);
  // It polls again, but the poll began before the route arrived.
  agent.link.on_server_report({.healthy = true, .last_poll = base::clock::now() - 30min});
  CHECK(agent.requested().empty());
  CHECK(agent.manager.stats().held_back == 1);
  // A report without a time says nothing about it.
  agent.link.on_server_report({.healthy = true, .last_poll = std::nullopt});
  CHECK(agent.manager.stats().held_back == 1);
  // It polled after the route arrived: its answer counts now.
  agent.link.on_server_report({.healthy = true, .last_poll = base::clock::now() + 1s});
  CHECK(agent.manager.stats().held_back == 0);
  CHECK(agent.requested() == keys{module_key});
  CHECK(agent.receive(route_of(module_key, {first}, 2)));
  CHECK(agent.hosts_of(module_key) == std::vector{first});
}

TEST_CASE("what a lagging dns confirms counts as its own: it may change it later") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}, 1));
  agent.connect();
  agent.link.on_server_report({.healthy = true, .last_poll = base::clock::now() - 1h});
  // It has the same route.
  auto same = route_of(module_key, {}, 1);
  same.unchanged = true;
  CHECK(agent.receive(same));
  CHECK(agent.hosts_of(module_key) == std::vector{first});
  // Answers of one connection arrive in order, so the next one is newer.
  CHECK(agent.receive(route_of(module_key, {second}, 2)));
  CHECK(agent.hosts_of(module_key) == std::vector{second});
}

TEST_CASE("snapshots held back are forgotten with their connection") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}, 1));
  agent.connect();
  agent.link.on_server_report({.healthy = true, .last_poll = base::clock::now() - 1h});
  CHECK(agent.receive(route_of(module_key, {second}, 2)));
  REQUIRE(agent.manager.stats().held_back == 1);
  agent.connect();
  CHECK(agent.manager.stats().held_back == 0);
  // A dns that does not report its last poll is believed.
  CHECK(agent.receive(route_of(module_key, {second}, 2)));
  CHECK(agent.hosts_of(module_key) == std::vector{second});
}

TEST_CASE("settings that this agent does not know are refused, and the hosts that came with them are used") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}, 1));
  auto route = route_of(module_key, {second}, 2);
  route.settings.policy = "a_policy_of_a_later_release";
  CHECK(agent.receive(route));
  CHECK(agent.hosts_of(module_key) == std::vector{second});
  CHECK(agent.manager.stats().refused_settings == 1);
  CHECK(agent.manager.stats().modules_with_settings == 0);
  // They are gone with the next answer.
  CHECK(agent.receive(route_of(module_key, {second}, 3)));
  CHECK(agent.manager.stats().refused_settings == 0);
}

TEST_CASE("a process that asked too much is not asked for, unless the module is being asked for anyway") {
  managing_agent agent;
  agent.connect();
  CHECK(agent.request(module_key, false) == attach_status::pulling);
  CHECK(agent.requested().empty());
  // Another process asks for it.
  CHECK(agent.request(module_key, true) == attach_status::pulling);
  CHECK(agent.request(module_key, false) == attach_status::pulling);
  CHECK(agent.requested() == keys{module_key});
}

TEST_CASE("a module that the shared memory has no room for is served over UDP alone") {
  managing_agent agent;
  agent.connect();
  std::vector<endpoint> many;
  for (std::uint32_t host = 0; host < 3000; ++host) many.push_back({0x0a000001 + host, 80});
  // Fill the memory.
  std::int32_t modid = 1;
  for (; modid < 100; ++modid) {
    agent.learn(route_of({modid, 1}, many));
    if (agent.request({modid, 1}) == attach_status::elsewhere) break;
  }
  REQUIRE(modid < 100);
  REQUIRE(modid > 1);
  // The modules before it are shared, and this one has its hosts.
  CHECK(agent.request({1, 1}) == attach_status::ok);
  CHECK(agent.hosts_of({modid, 1}).size() > 0);
}

TEST_CASE("a route is saved only when it changed") {
  managing_agent agent;
  agent.connect();
  agent.learn(route_of(module_key, {first}, 1));
  CHECK(agent.manager.stats().route_changes == 1);
  CHECK(agent.manager.stats().unsaved_routes == 1);
  CHECK(agent.receive(route_of(module_key, {first}, 1)));
  CHECK(agent.manager.stats().route_changes == 1);
}

}  // namespace lars::route_manager_test
