#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "agent/link/server_choice.hpp"
#include "client/caller.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::dns_link_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const route_key two_two{2, 2};
const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 80};
const endpoint third{0x0a000003, 80};

bool routes_to(caller& asking, route_key key, std::vector<endpoint> wanted, std::chrono::milliseconds deadline) {
  return within(deadline, [&] { return asking.get_route(key) == wanted; });
}

std::chrono::milliseconds took(const std::function<void()>& what) {
  const auto began = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

// Two servers with different answers, so that a test sees which one is connected.
struct pair_of_dns {
  explicit pair_of_dns(generation kind) : one(kind), other(kind) {
    one.set(one_one, {first});
    other.set(one_one, {second});
  }
  fake_dns& connected(caller& asking) { return asking.get_route(one_one) == std::vector{first} ? one : other; }
  endpoint host_of(const fake_dns& server) const { return &server == &one ? first : second; }
  fake_dns& other_than(const fake_dns& server) { return &server == &one ? other : one; }

  fake_dns one;
  fake_dns other;
};

}  // namespace

TEST_CASE("a push of an old or a current dns replaces a module's hosts at once") {
  for (const auto kind : {generation::old, generation::modern}) {
    scratch_directory state;
    fake_dns dns(kind);
    dns.set(one_one, {first, second});
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    dns.push(one_one, {second, third});
    CHECK(routes_to(caller, one_one, {second, third}, 500ms));
    CHECK(dns.requests_for(one_one) == 1);
  }
}

TEST_CASE("a deleted host disappears from every answer") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second, third});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (int i = 0; i < 15; ++i) caller.report(one_one, second, 1);
  dns.push(one_one, {first, third});
  REQUIRE(routes_to(caller, one_one, {first, third}, 500ms));
  for (int i = 0; i < 50; ++i) CHECK(caller.get_host(one_one)->where != second);
  caller.report(one_one, second, 1);
  CHECK(caller.get_host(one_one)->code == 0);
}

TEST_CASE("a host that was removed and added again starts without history") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (int i = 0; i < 15; ++i) caller.report(one_one, second, 1);
  dns.push(one_one, {first});
  REQUIRE(routes_to(caller, one_one, {first}, 500ms));
  dns.push(one_one, {first, second});
  REQUIRE(routes_to(caller, one_one, {first, second}, 500ms));
  int to_second = 0;
  for (int i = 0; i < 20; ++i) to_second += caller.get_host(one_one)->where == second;
  CHECK(to_second == 10);
}

TEST_CASE("an empty answer removes a module's last host, a later push restores it") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  dns.push(one_one, {});
  CHECK(eventually([&] { return caller.get_host(one_one)->code == 3; }));
  CHECK(caller.get_route(one_one).empty());
  dns.push(one_one, {second});
  CHECK(routes_to(caller, one_one, {second}, 500ms));
}

TEST_CASE("a push for an unrequested module is ignored") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  dns.push(two_two, {second});
  dns.push(one_one, {third});
  REQUIRE(routes_to(caller, one_one, {third}, 500ms));
  CHECK(caller.get_host(two_two)->code == 3);
}

TEST_CASE("every request announces features, and carries the digest of what is known") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  auto config = in_turn();
  config.update_timeout = 1s;
  running_agent agent(state.path(), {dns.where()}, config);
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  REQUIRE(eventually([&] {
    caller.get_host(one_one);
    return dns.requests_for(one_one) >= 2;
  }));
  const auto requests = dns.requests();
  CHECK(requests[0].known_digest == 0);
  CHECK(requests[1].known_digest == fake_digest({first}));
  for (const auto& one : requests) CHECK(one.features == proto::our_features);
  CHECK(caller.get_host(one_one)->code == 0);
}

TEST_CASE("an unused module is not refreshed until it is used again") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  auto config = in_turn();
  config.update_timeout = 1s;
  running_agent agent(state.path(), {dns.where()}, config);
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  std::this_thread::sleep_for(2600ms);
  const auto quiet = dns.requests_for(one_one);
  CHECK(quiet <= 2);
  caller.get_host(one_one);
  CHECK(eventually([&] { return dns.requests_for(one_one) == quiet + 1; }));
}

TEST_CASE("a dns that is killed is left for another in less than a second") {
  for (const auto kind : {generation::old, generation::modern}) {
    scratch_directory state;
    pair_of_dns servers(kind);
    running_agent agent(state.path(), {servers.one.where(), servers.other.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    auto& gone = servers.connected(caller);
    auto& left = servers.other_than(gone);
    gone.die();
    const auto lasted = took([&] { CHECK(routes_to(caller, one_one, {servers.host_of(left)}, 3000ms)); });
    CHECK(lasted < 1000ms);
  }
}

TEST_CASE("a dns that hangs is left for another in less than a second") {
  scratch_directory state;
  pair_of_dns servers(generation::modern);
  running_agent agent(state.path(), {servers.one.where(), servers.other.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  std::this_thread::sleep_for(300ms);
  auto& hung = servers.connected(caller);
  auto& left = servers.other_than(hung);
  hung.fall_silent(true);
  const auto lasted = took([&] { CHECK(routes_to(caller, one_one, {servers.host_of(left)}, 3000ms)); });
  CHECK(lasted < 1000ms);
}

TEST_CASE("an old dns that hangs is left once a request stays unanswered") {
  scratch_directory state;
  pair_of_dns servers(generation::old);
  running_agent agent(state.path(), {servers.one.where(), servers.other.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  auto& hung = servers.connected(caller);
  auto& left = servers.other_than(hung);
  hung.fall_silent(true);
  caller.get_host(two_two);
  CHECK(routes_to(caller, one_one, {servers.host_of(left)}, 2500ms));
}

TEST_CASE("a silent old dns without requests is not left for missing pongs") {
  scratch_directory state;
  fake_dns dns(generation::old);
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  std::this_thread::sleep_for(1800ms);
  CHECK(dns.connections() == 1);
}

TEST_CASE("kill -9 of the only dns does not affect callers, and the agent reconnects") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  dns.die();
  for (int i = 0; i < 100; ++i) REQUIRE(caller.get_host(one_one)->code == 0);
  std::this_thread::sleep_for(400ms);
  CHECK(caller.get_host(two_two)->code == 3);
  dns.set(one_one, {second});
  dns.set(two_two, {third});
  dns.rise();
  CHECK(routes_to(caller, one_one, {second}, 2500ms));
  CHECK(has_hosts(caller, two_two));
}

TEST_CASE("an agent started before any dns connects when one appears") {
  scratch_directory state;
  fake_dns dns;
  const auto where = dns.where();
  dns.die();
  running_agent agent(state.path(), {where});
  auto caller = agent.ask();
  CHECK(caller.get_host(one_one)->code == 3);
  std::this_thread::sleep_for(300ms);
  dns.set(one_one, {first});
  dns.rise();
  CHECK(has_hosts(caller, one_one, 2500ms));
}

TEST_CASE("an agent backs off while every dns is down") {
  scratch_directory state;
  running_agent agent(state.path(), {{0x7f000001, 1}, {0x7f000001, 2}});
  auto caller = agent.ask();
  const auto before = std::clock();
  const auto end = std::chrono::steady_clock::now() + 1500ms;
  for (std::int32_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
    caller.get_host({9, i});
    std::this_thread::sleep_for(10ms);
  }
  const auto spent = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  CHECK(spent < 0.5);
}

TEST_CASE("a dns that sends malformed frames is disconnected and retried later without effect on callers") {
  const std::vector<std::string> rubbish = {
      from_hex("02000000 ffffffff"),  // a negative length
      from_hex("02000000 00000002"),  // 32 MiB announced
  };
  for (const auto& bytes : rubbish) {
    scratch_directory state;
    fake_dns dns;
    dns.set(one_one, {first});
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    dns.send_everyone(bytes);
    CHECK(eventually([&] { return dns.connections() >= 2; }));
    CHECK(caller.get_host(one_one)->code == 0);
    CHECK(dns.connections() <= 3);
  }
}

TEST_CASE("an undecodable message of dns is skipped and the connection stays") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (const auto* bytes : {"02000000 04000000 ffffffff",             // a valid header before a random body
                            "0d000000 02000000 08ff",                 // a pong that is none
                            "02000000 06000000 0801 1001 2a02",       // settings cut short
                            "02000000 08000000 2a06 0a04 70fc6363"})  // a policy that is no UTF-8
    dns.send_everyone(from_hex(bytes));
  dns.push(one_one, {second});
  CHECK(routes_to(caller, one_one, {second}, 500ms));
  CHECK(dns.connections() == 1);
  CHECK(agent.metric("lars_agent_unreadable_messages_total{server=\"dns\"}") == 4);
}

TEST_CASE("hosts with invalid addresses are left out, and an answer with only such hosts keeps the last route") {
  const std::vector<endpoint> bad = {{0, 80}, {0xFFFFFFFF, 80}, {0xE0000001, 80}, {0x0A000001, 0}, {0x0A000001, 70000}};
  scratch_directory state;
  fake_dns dns(GENERATE(generation::modern, generation::old));
  auto some = bad;
  some.push_back(first);
  dns.set(one_one, some);
  dns.set({2, 2}, bad);
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  CHECK(caller.get_route(one_one) == std::vector{first});
  CHECK(agent.metric("lars_agent_refused_hosts_total") == 5);
  dns.push(one_one, bad);
  CHECK(eventually([&] { return agent.metric("lars_agent_refused_hosts_total") == 10; }));
  CHECK(caller.get_route(one_one) == std::vector{first});
  CHECK_FALSE(has_hosts(caller, {2, 2}, 300ms));
  dns.push(one_one, {second});
  CHECK(routes_to(caller, one_one, {second}, 500ms));
  CHECK(dns.connections() == 1);
}

TEST_CASE("frames of length 0 and of unknown kinds from dns are harmless") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  dns.send_everyone(from_hex("02000000 00000000 63000000 02000000 ffff 00000000 00000000"));
  dns.push(one_one, {second});
  CHECK(routes_to(caller, one_one, {second}, 500ms));
  CHECK(dns.connections() == 1);
}

TEST_CASE("the hosts of a module unknown to dns are kept, and a module without hosts is answered at once") {
  scratch_directory state, fresh_state;
  fake_dns dns;
  dns.set(one_one, {{0x0a000001, 80}});
  auto agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  auto asking = agent->ask();
  REQUIRE(has_hosts(asking, one_one));
  dns.die();
  dns.know_nothing_of(one_one);
  dns.rise();
  const auto before = dns.requests_for(one_one);
  REQUIRE(eventually([&] { return dns.requests_for(one_one) > before; }));
  CHECK(asking.get_route(one_one) == std::vector<endpoint>{{0x0a000001, 80}});
  running_agent fresh(fresh_state.path(), {dns.where()});
  client::caller caller({fresh_state.path().string(), {0x7f000001, fresh.port()}, 2000ms});
  client::pick_request request;
  request.module = one_one;
  client::call call;
  const auto asked = dns.requests_for(one_one);
  const auto start = std::chrono::steady_clock::now();
  int questions = 0;
  for (; questions < 50 && std::chrono::steady_clock::now() - start < 10s; ++questions)
    CHECK(caller.pick(request, call) == errc::no_such_module);
  CHECK(questions == 50);
  CHECK(dns.requests_for(one_one) <= asked + 10);
}

}  // namespace lars::dns_link_test
