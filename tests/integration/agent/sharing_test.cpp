// Shared-memory callers and the agent: client::caller against agent::role.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include "client/caller.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::sharing_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 80};
const endpoint third{0x0a000003, 80};

client::caller_config config_of(const running_agent& agent, const scratch_directory& state) {
  return {state.path().string(), {0x7f000001, agent.port()}, 30s};
}

client::pick_request wish(route_key module) {
  client::pick_request request;
  request.module = module;
  return request;
}

// A caller with shorthands for a test's picks.
struct sharing_caller {
  sharing_caller(const running_agent& agent, const scratch_directory& state) : own(config_of(agent, state)) {}

  client::failure call(route_key key, std::int32_t code = 0) {
    client::call one;
    const auto failure = own.pick(wish(key), one);
    if (!failure) {
      last = one.where;
      by = one.by;
      own.finish(one, code);
    }
    return failure;
  }

  client::caller own;
  endpoint last;
  client::transport by = client::transport::none;
};

}  // namespace

TEST_CASE("a caller picks from shared memory: an unknown module is pulled, its hosts share the calls") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second, third});
  running_agent agent(state.path(), {dns.where()});
  sharing_caller caller(agent, state);
  REQUIRE(caller.own.current_transport() == client::transport::shared_memory);
  std::map<endpoint, int> counts;
  for (int i = 0; i < 300; ++i) {
    REQUIRE_FALSE(caller.call(one_one));
    CHECK(caller.by == client::transport::shared_memory);
    ++counts[caller.last];
  }
  REQUIRE(counts.size() == 3);
  for (const auto& [where, count] : counts) CHECK(std::abs(count - 100) < 40);
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_calls_total{result=\"success\"}") == 300; }));
  CHECK(caller.own.route(one_one).value().size() == 3);
  CHECK(caller.call({9, 9}) == errc::no_such_module);
}

TEST_CASE("a change of route reaches a caller that shares memory") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  sharing_caller caller(agent, state);
  REQUIRE_FALSE(caller.call(one_one));
  dns.push(one_one, {second});
  CHECK(eventually([&] { return !caller.call(one_one) && caller.last == second; }));
  dns.push(one_one, {});
  CHECK(eventually([&] { return caller.call(one_one) == errc::no_such_module; }));
}

TEST_CASE("a failing host is ejected within rounds, gets trials and is readmitted") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  sharing_caller caller(agent, state);
  int failures = 0;
  const auto step = [&](bool ill) {
    client::call one;
    if (caller.own.pick(wish(one_one), one)) return false;
    const bool fails = ill && one.where == second;
    failures += fails ? 1 : 0;
    const bool on_second = one.where == second;
    caller.own.finish(one, fails ? 1 : 0);
    return on_second;
  };
  REQUIRE(eventually([&] {
    step(true);
    return agent.metric("lars_agent_isolated_hosts") == 1;
  }));
  CHECK(failures >= 15);
  CHECK(failures <= 40);
  int probes = 0;
  for (int i = 0; i < 110; ++i) probes += step(true) ? 1 : 0;
  CHECK(probes == 10);
  CHECK(eventually([&] {
    for (int i = 0; i < 20; ++i) step(false);
    return agent.metric("lars_agent_isolated_hosts") == 0;
  }));
}

TEST_CASE("calls in flight are released within a second when their caller disconnects") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  {
    sharing_caller caller(agent, state);
    for (int i = 0; i < 7; ++i) {
      client::call one;
      REQUIRE_FALSE(caller.own.pick(wish(one_one), one));
    }
    CHECK(within(1000ms, [&] { return agent.metric("lars_agent_lane_picks_total") == 7; }));
    CHECK(agent.metric("lars_agent_callers") == 1);
  }
  CHECK(within(1000ms, [&] { return agent.metric("lars_agent_lane_calls_total{result=\"given_back\"}") == 7; }));
  CHECK(within(1000ms, [&] { return agent.metric("lars_agent_callers") == 0; }));
}

TEST_CASE("without an agent the other transport is tried; once an agent starts, its memory is used") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  client::caller caller({state.path().string(), {0x7f000001, 9}, 300ms});
  client::call one;
  CHECK(caller.pick(wish(one_one), one));
  CHECK(caller.current_transport() == client::transport::udp);
  running_agent agent(state.path(), {dns.where()});
  CHECK(eventually([&] { return caller.current_transport() == client::transport::shared_memory; }));
  CHECK_FALSE(caller.pick(wish(one_one), one));
  CHECK(one.by == client::transport::shared_memory);
}

TEST_CASE("while the agent is down a caller keeps picking, and the next agent collects its counts") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  auto agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  sharing_caller caller(*agent, state);
  int made = 0;
  const auto call = [&] {
    REQUIRE_FALSE(caller.call(one_one));
    CHECK(caller.by == client::transport::shared_memory);
    ++made;
  };
  for (int i = 0; i < 100; ++i) call();
  const auto port = agent->port();
  // The last of its rounds is over when it has stopped: all calls until then are told.
  agent.reset();
  for (int i = 0; i < 100; ++i) call();
  auto same_port = in_turn();
  same_port.listen.port = port;
  agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()}, same_port);
  CHECK(eventually([&] {
    call();
    return agent->metric("lars_agent_callers_attached_total{kind=\"returned\"}") == 1;
  }));
  for (int i = 0; i < 50; ++i) call();
  CHECK(eventually([&] { return agent->metric("lars_agent_lane_calls_total{result=\"success\"}") == made - 100; }));
}

TEST_CASE("a caller without an agent ejects a failing host itself") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  auto agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  sharing_caller caller(*agent, state);
  REQUIRE_FALSE(caller.call(one_one));
  agent.reset();
  int failed = 0;
  for (int i = 0; i < 400; ++i) {
    client::call one;
    REQUIRE_FALSE(caller.own.pick(wish(one_one), one));
    failed += one.where == second ? 1 : 0;
    caller.own.finish(one, one.where == second ? 1 : 0);
  }
  CHECK(failed >= 15 + 30);
  CHECK(failed <= 15 + 40);
}

TEST_CASE("many threads, many modules: every call is counted") {
  scratch_directory state;
  fake_dns dns;
  constexpr int modules = 40;
  for (int m = 1; m <= modules; ++m) dns.set({m, 1}, {first, second, third});
  running_agent agent(state.path(), {dns.where()});
  std::atomic<int> made{0};
  {
    client::caller caller(config_of(agent, state));
    std::vector<std::thread> threads;
    for (int t = 0; t < 64; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          client::call one;
          if (caller.pick(wish({1 + (t + i) % modules, 1}), one)) continue;
          caller.finish(one, 0);
          ++made;
        }
      });
    for (auto& thread : threads) thread.join();
  }
  CHECK(made == 64 * 200);
  const auto shared = [&] { return agent.metric("lars_agent_lane_calls_total{result=\"success\"}"); };
  const auto asked = [&] { return agent.metric("lars_agent_reports_total{result=\"judged\"}"); };
  CHECK(eventually([&] { return shared() + asked() == made; }));
  // A thread that was held up for long takes the agent for gone, and asks over UDP.
  CHECK(asked() < made / 100);
}

TEST_CASE("a call may end on another thread than it began on") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  client::caller caller(config_of(agent, state));
  std::vector<client::call> calls(100);
  for (auto& one : calls) REQUIRE_FALSE(caller.pick(wish(one_one), one));
  std::thread([&] {
    for (auto& one : calls) caller.finish(one, 0);
  }).join();
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_calls_total{result=\"success\"}") == 100; }));
  caller.finish(calls[0], 0);
  std::this_thread::sleep_for(50ms);
  CHECK(agent.metric("lars_agent_lane_calls_total{result=\"success\"}") == 100);
}

TEST_CASE("load reports reach the agent through shared memory, once per host and epoch") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  sharing_caller caller(agent, state);
  const auto taken = [&] { return agent.metric("lars_agent_load_reports_total{result=\"taken\"}"); };
  const auto call = [&](double utilization) {
    client::call one;
    REQUIRE_FALSE(caller.own.pick(wish(one_one), one));
    CHECK(one.by == client::transport::shared_memory);
    caller.own.finish(one, {.retcode = 0, .cost = 3, .load = {utilization, 100, 1}});
  };
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) call(0.5);
  const auto epochs = (std::chrono::steady_clock::now() - start) / 100ms + 2;
  REQUIRE(eventually([&] { return taken() >= 2; }));
  CHECK(taken() <= 2.0 * static_cast<double>(epochs));
  const auto before = taken();
  CHECK(eventually([&] {
    call(0.5);
    return taken() > before;
  }));
  CHECK(eventually([&] {
    call(1e6);
    return agent.metric("lars_agent_load_reports_total{result=\"rejected\"}") > 0;
  }));
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_calls_total{result=\"success\"}") >= 1002; }));
}

TEST_CASE("a call that ends on another thread also delivers its host's load report") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  sharing_caller caller(agent, state);
  client::call one;
  REQUIRE_FALSE(caller.own.pick(wish(one_one), one));
  REQUIRE_FALSE(caller.own.pick(wish(one_one), one));
  std::thread([&] {
    client::call another;
    CHECK_FALSE(caller.own.pick(wish(one_one), another));
    caller.own.finish(one, {.retcode = 0, .load = {0.5, 100, 1}});
  }).join();
  CHECK(eventually([&] { return agent.metric("lars_agent_load_reports_total{result=\"taken\"}") == 1; }));
}

TEST_CASE("load reports reach the agent over UDP") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  client::caller caller({"", {0x7f000001, agent.port()}, 2000ms});
  client::call one;
  REQUIRE(eventually([&] { return !caller.pick(wish(one_one), one); }));
  CHECK(one.by == client::transport::udp);
  caller.finish(one, {.retcode = 0, .load = {0.5, 100, 1}});
  CHECK(eventually([&] { return agent.metric("lars_agent_load_reports_total{result=\"taken\"}") == 1; }));
  CHECK(agent.metric("lars_agent_reports_total{result=\"judged\"}") == 1);
}

}  // namespace lars::sharing_test
