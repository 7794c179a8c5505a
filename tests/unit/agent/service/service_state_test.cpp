#include "agent/service/service_state.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::service_state_test {

using namespace lars::agent;

namespace {

// The memory of a test's modules.
struct home {
  operator service_home() { return {memory, memory, stats, active, feed}; }
  balance::heap_arena memory;
  host_stats stats;
  active_services active;
  service_feed feed;
};

}  // namespace

TEST_CASE("an unused module is parked, and only the next use is signalled") {
  const balance::health_config health;
  home shared;
  service_state one({1, 1}, health, shared);
  CHECK_FALSE(one.mark_used());
  CHECK(one.consume_use());
  CHECK_FALSE(one.consume_use());
  CHECK(one.mark_used());
  CHECK_FALSE(one.mark_used());
  CHECK(one.consume_use());
}

TEST_CASE("a use that could not be queued is signalled again by the next caller") {
  const balance::health_config health;
  home shared;
  service_state one({1, 1}, health, shared);
  REQUIRE_FALSE(one.consume_use());
  REQUIRE(one.mark_used());
  one.restore_parked();
  CHECK(one.mark_used());
}

TEST_CASE("an encoded route leaves out hosts that take no calls and is truncated to the buffer") {
  const balance::health_config health;
  home shared;
  service_state one({1, 1}, health, shared);
  one.apply(std::vector<host>{{{1, 80}}, {{2, 80}, 0}, {{3, 80}, 100, host_state::drain}, {{4, 80}}}, {});
  std::array<char, 64> room;
  wire::caller_route_encoder all(room, one.key());
  CHECK(one.encode_hosts(all));
  std::vector<endpoint> hosts;
  route_key key;
  wire::frame frame;
  REQUIRE(wire::parse_datagram({room.data(), all.finish()}, frame));
  REQUIRE(wire::decode_caller_route(frame.body, key, [&](endpoint where) { hosts.push_back(where); }));
  CHECK(hosts == std::vector<endpoint>{{1, 80}, {4, 80}});
  std::vector<host> many;
  for (std::uint32_t i = 0; i < 100; ++i) many.push_back({{i + 1, 80}});
  one.apply(many, {});
  wire::caller_route_encoder cut(room, one.key());
  CHECK_FALSE(one.encode_hosts(cut));
  CHECK(one.first_truncation());
  CHECK_FALSE(one.first_truncation());
}

TEST_CASE("hosts and ejected hosts are counted over all modules, through changes of route and verdict") {
  const balance::health_config health;
  home shared;
  const auto& stats = shared.stats;
  service_state first({1, 1}, health, shared), second({1, 2}, health, shared);
  const auto now = base::time_point();
  const std::vector<host> two{{{1, 80}}, {{2, 80}}}, one{{{2, 80}}};
  first.apply(two, now);
  second.apply(one, now);
  CHECK(stats.hosts == 3);
  for (std::uint32_t i = 0; i < health.contin_err_limit; ++i) first.report({{1, 80}}, balance::outcome::failure, now);
  CHECK(stats.isolated == 1);
  CHECK(stats.isolations == 1);
  CHECK(stats.hosts == 3);
  // A shielded host that leaves is no longer shielded.
  first.apply(one, now);
  CHECK(stats.isolated == 0);
  CHECK(stats.hosts == 2);
  first.apply(two, now);
  for (std::uint32_t i = 0; i < health.contin_err_limit; ++i) first.report({{1, 80}}, balance::outcome::failure, now);
  for (std::uint32_t i = 0; i < health.contin_succ_limit; ++i) first.report({{1, 80}}, balance::outcome::success, now);
  CHECK(stats.isolated == 0);
  CHECK(stats.returns == 1);
}

TEST_CASE("new rules apply from the next report on and keep the counts") {
  const balance::health_config before;
  module_rules after{{}, before};
  after.health.contin_err_limit = 5;
  home shared;
  const auto& stats = shared.stats;
  service_state one({1, 1}, before, shared);
  const std::vector<host> hosts{{{1, 80}}};
  one.apply(hosts, base::time_point());
  for (int i = 0; i < 4; ++i) one.report({{1, 80}}, balance::outcome::failure, base::time_point());
  CHECK(stats.isolated == 0);
  one.use(after);
  one.report({{1, 80}}, balance::outcome::failure, base::time_point());
  CHECK(stats.isolated == 1);
}

}  // namespace lars::service_state_test
