// Servers without their database: which server an agent moves to, and whose routes it keeps.
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "agent/link/server_choice.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::server_moves_test {

using namespace lars::test;
using namespace std::chrono_literals;
using proto::server_state;

namespace {

const route_key one_one{1, 1};
const route_key two_two{2, 2};
const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 80};
const endpoint third{0x0a000003, 80};

// Far more than a busy machine needs. When a server is left is decided by agent::server_moves, over injected time.
constexpr auto patience = 20s;

// Shortens the return to the preferred server from 15 s to one second.
agent::agent_config quick() {
  auto config = in_turn();
  config.moves.return_ask = 100ms;
  config.moves.well_for = 400ms;
  config.moves.return_over = 100ms;
  return config;
}

// Two dns that have just polled; the agent is connected to its preferred one. Both route module 1/1 to `first`.
struct dns_pair {
  explicit dns_pair(generation kind = generation::modern, agent::agent_config config = quick()) : one(kind), two(kind) {
    one.set(one_one, {first});
    two.set(one_one, {second});
    if (kind == generation::modern)
      for (auto* server : {&one, &two}) server->stand(100ms);
    agent.emplace(state.path(), std::vector{one.where(), two.where()}, config);
    asking.emplace(agent->port());
    REQUIRE(has_hosts(*asking, one_one));
    const bool is_one = route() == std::vector{first};
    preferred = is_one ? &one : &two;
    other = is_one ? &two : &one;
    other->set(one_one, {first});
    preferred->push(one_one, {first});
    REQUIRE(routes_to({first}));
    std::this_thread::sleep_for(300ms);  // what was changed is older than the others' looks
  }
  std::vector<endpoint> route() { return asking->get_route(one_one); }
  bool routes_to(std::vector<endpoint> wanted) {
    return within(patience, [&] { return route() == wanted; });
  }
  double moves() const { return agent->metric("lars_agent_server_moves_total{server=\"dns\"}"); }
  double well() const { return agent->metric("lars_agent_server_well{server=\"dns\"}"); }
  double age() const { return agent->metric("lars_agent_route_age_seconds"); }

  scratch_directory state;
  fake_dns one;
  fake_dns two;
  fake_dns* preferred = nullptr;
  fake_dns* other = nullptr;
  std::optional<running_agent> agent;
  std::optional<caller> asking;
};

}  // namespace

TEST_CASE("a dns that lost its database is left for a healthy one") {
  dns_pair servers(generation::modern, in_turn());
  servers.other->set(one_one, {second});
  servers.preferred->stand(1s, server_state::storage_lost);
  CHECK(servers.routes_to({second}));
  CHECK(servers.moves() == 1);
  CHECK(servers.well() == 1);
  CHECK(within(patience, [&] { return servers.age() < 2; }));
}

TEST_CASE("the agent returns to the preferred dns once it has been healthy for a while") {
  dns_pair servers;
  servers.preferred->stand(1s, server_state::storage_lost);
  servers.other->set(one_one, {second});
  REQUIRE(servers.routes_to({second}));
  servers.preferred->set(one_one, {third});
  std::this_thread::sleep_for(1s);
  CHECK(servers.route() == std::vector{second});
  servers.preferred->stand(100ms);
  CHECK(servers.routes_to({third}));
  CHECK(servers.moves() == 2);
}

TEST_CASE("the agent returns to a preferred dns that was killed and restarted") {
  dns_pair servers;
  servers.preferred->die();
  servers.other->set(one_one, {second});
  REQUIRE(servers.routes_to({second}));
  servers.preferred->set(one_one, {third});
  servers.preferred->rise();
  CHECK(servers.routes_to({third}));
}

TEST_CASE("if every dns has lost its database the agent stays, keeps its routes and reports their age") {
  dns_pair servers;
  for (auto* server : {&servers.one, &servers.two}) server->stand(72s, server_state::storage_lost);
  const auto before = servers.other->connections();
  servers.other->set(one_one, {second});
  REQUIRE(within(patience, [&] { return servers.well() == 0; }));
  std::this_thread::sleep_for(2500ms);
  CHECK(servers.route() == std::vector{first});
  CHECK(servers.moves() == 0);
  CHECK(servers.preferred->connections() == 1);
  CHECK(servers.other->connections() > before);  // it was asked
  CHECK(servers.other->connections() <= before + 5);
  CHECK(servers.age() > 72);
}

TEST_CASE("a dns that lost its database is not left for one that does not report its state") {
  dns_pair servers;
  const auto port = servers.other->where().port;
  servers.other->die();
  fake_dns old(generation::old, port);
  old.set(one_one, {second});
  servers.preferred->stand(72s, server_state::storage_lost);
  std::this_thread::sleep_for(2500ms);
  CHECK(servers.route() == std::vector{first});
  CHECK(servers.moves() == 0);
}

TEST_CASE("answers of an outdated dns are held back until it has caught up") {
  dns_pair servers;
  servers.other->set(one_one, {first});
  servers.other->set(two_two, {third});
  servers.other->stand(72s, server_state::storage_lost);
  servers.preferred->push(one_one, {second});  // the first was removed, the other dns does not know
  REQUIRE(servers.routes_to({second}));
  servers.preferred->die();
  const auto until = std::chrono::steady_clock::now() + 1500ms;
  while (std::chrono::steady_clock::now() < until) {
    CHECK(servers.route() == std::vector{second});
    std::this_thread::sleep_for(5ms);
  }
  CHECK(servers.agent->metric("lars_agent_held_routes") == 1);
  CHECK(servers.age() > 70);
  // Of what nobody else told, its word is the best there is.
  CHECK(has_hosts(*servers.asking, two_two));
  servers.other->set(one_one, {second, third});
  servers.other->stand(0ms);
  CHECK(servers.routes_to({second, third}));
  CHECK(servers.agent->metric("lars_agent_held_routes") == 0);
}

TEST_CASE("a route changed before dns lost its database is accepted") {
  dns_pair servers;
  std::this_thread::sleep_for(700ms);
  servers.other->set(one_one, {second});
  servers.other->stand(300ms, server_state::storage_lost);
  servers.preferred->die();
  CHECK(servers.routes_to({second}));
}

TEST_CASE("changes on one connection are applied in order, even in quick succession") {
  dns_pair servers;
  for (auto* server : {&servers.one, &servers.two}) server->stand(5s);
  std::this_thread::sleep_for(300ms);
  servers.preferred->push(one_one, {second});
  servers.preferred->push(one_one, {third});
  CHECK(servers.routes_to({third}));
}

TEST_CASE("saved routes are not replaced by older data of dns") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  dns.stand(100ms);
  {
    running_agent agent(state.path(), {dns.where()}, quick());
    auto asking = agent.ask();
    REQUIRE(has_hosts(asking, one_one));
  }
  dns.set(one_one, {second});
  dns.stand(72s, server_state::storage_lost);
  running_agent agent(state.path(), {dns.where()}, quick());
  auto asking = agent.ask();
  REQUIRE(has_hosts(asking, one_one));
  std::this_thread::sleep_for(700ms);
  CHECK(asking.get_route(one_one) == std::vector{first});
  dns.stand(0ms);
  CHECK(within(patience, [&] { return asking.get_route(one_one) == std::vector{second}; }));
}

}  // namespace lars::server_moves_test
