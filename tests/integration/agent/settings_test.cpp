// Settings of modules on an agent: received from dns, applied at once, kept over a restart.
#include <catch2/catch.hpp>
#include <chrono>

#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::settings_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const endpoint first{0x0a000001, 80};
const std::vector<endpoint> nobody{{0x7f000001, 1}};
const base::module_settings impatient{"p2c", {{"tau", "1s"}}, {{"contin_err_limit", "3"}}, 0};
const base::module_settings newer{"p9c", {}, {}, 0};

bool has(const running_agent& agent, const std::string& metric, double value) {
  return eventually([&] { return agent.metric(metric) == value; });
}

// Reports this many failures of the module's host; returns whether it is ejected.
bool out_after(const running_agent& agent, int failures) {
  auto caller = agent.ask();
  const auto judged = agent.metric("lars_agent_reports_total{result=\"judged\"}");
  for (int i = 0; i < failures; ++i) caller.report(one_one, first, 1);
  REQUIRE(has(agent, "lars_agent_reports_total{result=\"judged\"}", judged + failures));
  return agent.metric("lars_agent_isolated_hosts") == 1;
}

}  // namespace

TEST_CASE("settings apply from their arrival on and keep the counts") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  CHECK(agent.metric("lars_agent_module_settings") == 0);
  CHECK_FALSE(out_after(agent, 2));
  dns.set_settings(one_one, impatient);
  dns.push(one_one, {first});
  REQUIRE(has(agent, "lars_agent_module_settings", 1));
  CHECK(out_after(agent, 1));
}

TEST_CASE("settings are removed when dns sends none") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  dns.set_settings(one_one, impatient);
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  REQUIRE(has(agent, "lars_agent_module_settings", 1));
  dns.set_settings(one_one, {});
  dns.push(one_one, {first});
  REQUIRE(has(agent, "lars_agent_module_settings", 0));
  CHECK_FALSE(out_after(agent, 3));
}

TEST_CASE("an agent restarted while every dns is down uses its saved settings") {
  scratch_directory state;
  {
    fake_dns dns;
    dns.set(one_one, {first});
    dns.set_settings(one_one, impatient);
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
  }
  running_agent agent(state.path(), nobody);
  CHECK(agent.metric("lars_agent_module_settings") == 1);
  CHECK(out_after(agent, 3));
}

TEST_CASE(
    "unknown settings of a newer dns keep the last good ones, also over a restart, after which dns is asked again") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  dns.set_settings(one_one, impatient);
  {
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    dns.set_settings(one_one, newer);
    dns.push(one_one, {first});
    REQUIRE(has(agent, "lars_agent_refused_settings", 1));
    CHECK(agent.metric("lars_agent_module_settings") == 1);
    CHECK(out_after(agent, 3));
  }
  const auto asked = dns.requests().size();
  running_agent agent(state.path(), {dns.where()});
  CHECK(agent.metric("lars_agent_module_settings") == 1);
  REQUIRE(eventually([&] { return dns.requests().size() > asked; }));
  CHECK(dns.requests().back().known_digest == 0);
  CHECK(has(agent, "lars_agent_refused_settings", 1));
}

}  // namespace lars::settings_test
