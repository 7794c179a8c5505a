#include "agent/module.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

using namespace lars;
using namespace lars::agent;

TEST_CASE("a module stops to be refreshed when nobody uses it, and the next use is told once") {
  const balance::health_config health;
  host_probe probe;
  module one({1, 1}, health, probe);
  CHECK_FALSE(one.note_use());
  CHECK(one.take_use());
  CHECK_FALSE(one.take_use());
  CHECK(one.note_use());
  CHECK_FALSE(one.note_use());
  CHECK(one.take_use());
}

TEST_CASE("a use that could not be told is told by the next caller") {
  const balance::health_config health;
  host_probe probe;
  module one({1, 1}, health, probe);
  REQUIRE_FALSE(one.take_use());
  REQUIRE(one.note_use());
  one.forget_use();
  CHECK(one.note_use());
}

TEST_CASE("a route for a caller leaves out hosts that take no calls and ends where the room ends") {
  const balance::health_config health;
  host_probe probe;
  module one({1, 1}, health, probe);
  one.apply(std::vector<host>{{{1, 80}}, {{2, 80}, 0}, {{3, 80}, 100, host_state::drain}, {{4, 80}}}, {});
  std::array<char, 64> room;
  wire::caller_route_encoder all(room, one.key());
  CHECK(one.put_hosts(all));
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
  CHECK_FALSE(one.put_hosts(cut));
  CHECK(one.first_cut());
  CHECK_FALSE(one.first_cut());
}
