// Subsets on an agent: always chosen from the whole route, whether it comes from dns or from the file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <iterator>

#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::subset_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

using endpoints = std::vector<endpoint>;

const route_key one_one{1, 1};
const endpoints nobody{{0x7f000001, 1}};

endpoints hosts(std::uint32_t count) {
  endpoints all;
  for (std::uint32_t i = 1; i <= count; ++i) all.push_back({0x0a000000 + i, 80});
  return all;
}

base::module_settings subset(std::uint32_t size) { return {"", {}, {}, size}; }

bool has(const running_agent& agent, const std::string& metric, double value) {
  return eventually([&] { return agent.metric(metric) == value; });
}

// Waits until the module has this many hosts and returns them; empty after the timeout.
endpoints route(caller& asking, std::size_t count) {
  endpoints seen;
  const bool done = eventually([&] {
    seen = asking.get_route(one_one);
    std::ranges::sort(seen);
    return seen.size() == count;
  });
  return done ? seen : endpoints();
}

// The elements of the first that are not in the second.
endpoints without(const endpoints& all, const endpoints& some) {
  endpoints rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  return rest;
}

}  // namespace

TEST_CASE("an agent uses a subset of the configured size from the first answer on") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, hosts(20));
  dns.set_settings(one_one, subset(5));
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  const auto used = caller.get_route(one_one);
  CHECK(used.size() == 5);
  for (int i = 0; i < 100; ++i) {
    const auto picked = caller.get_host(one_one);
    REQUIRE(picked);
    CHECK(std::ranges::count(used, picked->where) == 1);
  }
  CHECK(agent.metric("lars_agent_hosts") == 5);
  CHECK(agent.metric("lars_agent_unused_hosts") == 15);
}

TEST_CASE("a changed subset size applies without a restart to the known hosts") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, hosts(20));
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  CHECK(caller.get_route(one_one).size() == 20);
  endpoints before;
  for (const std::uint32_t size : {4u, 9u, 4u}) {
    dns.set_settings(one_one, subset(size));
    dns.push(one_one, hosts(20));
    const auto used = route(caller, size);
    REQUIRE(used.size() == size);
    // The smaller subset is part of the larger one.
    CHECK((without(used, before).empty() || without(before, used).empty()));
    before = used;
    CHECK(has(agent, "lars_agent_unused_hosts", 20 - size));
  }
  dns.set_settings(one_one, {});
  dns.push(one_one, hosts(20));
  CHECK(route(caller, 20) == hosts(20));
  CHECK(has(agent, "lars_agent_unused_hosts", 0));
}

TEST_CASE("removing a host from the route replaces only that host in the subset") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, hosts(20));
  dns.set_settings(one_one, subset(6));
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  const auto used = route(caller, 6);
  REQUIRE(used.size() == 6);
  dns.push(one_one, without(hosts(20), {used[2]}));
  REQUIRE(eventually([&] { return route(caller, 6) != used; }));
  const auto after = route(caller, 6);
  CHECK(without(used, after) == endpoints{used[2]});
  CHECK(without(after, used).size() == 1);
  // One that this agent does not use changes nothing here.
  const auto foreign = without(hosts(20), used);
  const auto changes = agent.metric("lars_agent_route_changes_total");
  dns.push(one_one, without(hosts(20), {foreign[0] == without(after, used)[0] ? foreign[1] : foreign[0]}));
  REQUIRE(has(agent, "lars_agent_route_changes_total", changes + 1));
  CHECK(route(caller, 6) == used);
}

TEST_CASE("an agent restarted while every dns is down uses its old subset and can grow it from the saved route") {
  scratch_directory state;
  endpoints used;
  fake_dns dns;
  dns.set(one_one, hosts(20));
  dns.set_settings(one_one, subset(10));
  {
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    used = route(caller, 10);
    REQUIRE(used.size() == 10);
  }
  {
    running_agent agent(state.path(), nobody);
    auto caller = agent.ask();
    CHECK(route(caller, 10) == used);
    CHECK(agent.metric("lars_agent_unused_hosts") == 10);
  }
  {
    scratch_directory copy;
    std::filesystem::copy_file(state.path() / "routes.log", copy.path() / "routes.log");
    // The same route under another id.
    running_agent other(copy.path(), nobody);
    auto caller = other.ask();
    const auto others = route(caller, 10);
    CHECK(others.size() == 10);
    CHECK(others != used);
  }
  // dns holds the same route: it says "unchanged", and the agent goes on with what it saved.
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(eventually([&] { return agent.metric("lars_agent_route_answers_total") > 0; }));
  CHECK(route(caller, 10) == used);
  dns.set_settings(one_one, subset(0));
  dns.push(one_one, hosts(20));
  CHECK(route(caller, 20) == hosts(20));
}

TEST_CASE("refused settings keep the last good subset size") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, hosts(20));
  dns.set_settings(one_one, subset(5));
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  const auto used = route(caller, 5);
  REQUIRE(used.size() == 5);
  dns.set_settings(one_one, {"p9c", {}, {}, 12});
  dns.push(one_one, hosts(20));
  REQUIRE(has(agent, "lars_agent_refused_settings", 1));
  CHECK(route(caller, 5) == used);
}

}  // namespace lars::subset_test
