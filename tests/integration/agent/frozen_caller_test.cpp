// A caller of the first layout of this major against the agent of today.
#include "frozen_caller.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "fake_dns.hpp"
#include "running_agent.hpp"
#include "support/eventually.hpp"

namespace lars::frozen_caller_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 81};

bool is_at(const layout_6_0::host& host, endpoint where) { return host.ip == where.ip && host.port == where.port; }

}  // namespace

TEST_CASE("a caller of layout 6.0 finds hosts, counts calls and sees a host ejected and drained") {
  scratch_directory state;
  fake_dns dns;
  dns.set({-1, 7}, {first, second});
  running_agent agent(state.path(), {dns.where()});
  layout_6_0::caller caller;
  REQUIRE(caller.attach(state.path(), -1, 7));
  REQUIRE(eventually([&] { return caller.want(-1, 7) == 0u; }));

  const auto table = caller.read();
  REQUIRE(table);
  REQUIRE(table->hosts.size() == 2);
  CHECK(std::ranges::all_of(table->hosts, [](const auto& one) { return one.takes_calls && !one.is_ejected; }));
  CHECK(std::ranges::any_of(table->hosts, [](const auto& one) { return is_at(one, first); }));
  CHECK(std::ranges::any_of(table->hosts, [](const auto& one) { return is_at(one, second); }));
  CHECK(table->fallback <= 7);  // a policy that it knows

  const auto failing = table->hosts[0];
  caller.count(0, failing, 100, 0, 250);
  caller.count(1, table->hosts[1], 50, 0, 250);
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_calls_total{result=\"success\"}") == 150; }));
  caller.count(0, failing, 40, 40, 250);
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_calls_total{result=\"failure\"}") == 40; }));
  const auto is_ejected = [&](endpoint where) {
    const auto now = caller.read();
    return now && std::ranges::any_of(now->hosts, [&](const auto& one) { return is_at(one, where) && one.is_ejected; });
  };
  CHECK(eventually([&] { return is_ejected({failing.ip, failing.port}); }));
  CHECK_FALSE(is_ejected({table->hosts[1].ip, table->hosts[1].port}));

  dns.push({-1, 7}, {second});
  CHECK(eventually([&] {
    const auto now = caller.read();
    return now && now->hosts.size() == 1 && is_at(now->hosts[0], second);
  }));
  CHECK(agent.metric("lars_agent_callers_dropped_total") == 0);
}

}  // namespace lars::frozen_caller_test
