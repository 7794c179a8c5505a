#include "net/silent_peers.hpp"

#include <catch2/catch.hpp>

namespace lars::silent_peers_test {

using lars::base::time_point;
using namespace lars::net;
using namespace std::chrono_literals;

namespace {

const time_point start = time_point() + 1h;

}  // namespace

TEST_CASE("a silent peer is logged once a minute with its number of connections") {
  silent_peers peers;
  CHECK_FALSE(peers.due());
  for (int i = 0; i < 50; ++i) peers.note(7, start + i * 1s);
  REQUIRE(peers.due() == start + 1min);
  CHECK(peers.take_due(start + 59s).empty());
  const auto told = peers.take_due(start + 1min);
  REQUIRE(told.size() == 1);
  CHECK(told[0].ip == 7);
  CHECK(told[0].connections == 50);
  CHECK_FALSE(peers.due());
  CHECK(peers.take_due(start + 1h).empty());
}

TEST_CASE("each silent peer has its own minute, which restarts once it was logged") {
  silent_peers peers;
  peers.note(1, start);
  peers.note(2, start + 30s);
  peers.note(1, start + 40s);
  CHECK(peers.take_due(start + 60s).at(0).connections == 2);
  REQUIRE(peers.due() == start + 90s);
  peers.note(1, start + 61s);
  const auto second = peers.take_due(start + 120s);
  REQUIRE(second.size() == 1);
  CHECK(second[0].ip == 2);
  CHECK(peers.due() == start + 121s);
}

TEST_CASE("silent peers beyond the limit are logged together") {
  silent_peers peers;
  for (std::uint32_t ip = 1; ip <= 1000; ++ip) peers.note(ip, start);
  peers.note(256, start);
  const auto told = peers.take_due(start + 1min);
  REQUIRE(told.size() == 257);
  CHECK(told[255].ip == 256);
  CHECK(told[255].connections == 2);
  CHECK(told[256].ip == silent_peers::others);
  CHECK(told[256].connections == 744);
}

TEST_CASE("a peer without a known address counts as \"others\"") {
  silent_peers peers;
  peers.note(0, start);
  for (std::uint32_t ip = 1; ip <= 1000; ++ip) peers.note(ip, start);
  std::uint64_t all = 0;
  for (const auto& each : peers.take_due(start + 1min)) all += each.connections;
  CHECK(all == 1001);
}

TEST_CASE("a flush logs silent peers before their minute is over") {
  silent_peers peers;
  peers.note(1, start);
  peers.note(2, start);
  CHECK(peers.take_all().size() == 2);
  CHECK_FALSE(peers.due());
}

}  // namespace lars::silent_peers_test
