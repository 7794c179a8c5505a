#include "agent/link/link_stats.hpp"

#include <catch2/catch.hpp>

namespace lars::link_stats_test {

using namespace std::chrono_literals;

TEST_CASE("the disconnected time starts at the start and at each loss of the server") {
  agent::link_stats link;
  const auto start = base::clock::now();
  CHECK(link.disconnected_for(start + 10s) >= 10s);
  CHECK(link.disconnected_for(start + 10s) < 11s);
  link.on_connected();
  CHECK(link.disconnected_for(start + 20s) == 0s);
  link.on_disconnected(start + 30s);
  CHECK(link.disconnected_for(start + 42s) == 12s);
  // Attempts in vain change nothing about since when.
  link.count_unreachable();
  link.on_disconnected(start + 50s);
  CHECK(link.disconnected_for(start + 60s) == 30s);
  CHECK(link.connections() == 1);
  CHECK(link.unreachable() == 1);
}

TEST_CASE("repeated on_connected() counts one connection") {
  agent::link_stats link;
  link.on_connected();
  link.on_connected();
  CHECK(link.connected());
  CHECK(link.connections() == 1);
}

TEST_CASE(
    "the age is what the server says and the time since, also when it is gone; of one that says none, since when") {
  agent::link_stats link;
  const auto start = base::clock::now();
  CHECK(link.age(start + 10s) >= 10s);
  link.on_connected();
  CHECK(link.age(start + 20s) == 0s);
  link.set_server_state(true, start + 19s);
  CHECK(link.age(start + 20s) == 1s);
  CHECK_FALSE(link.is_unhealthy());
  link.set_server_state(false, std::nullopt);
  CHECK(link.is_unhealthy());
  CHECK(link.age(start + 91s) == 72s);
  link.on_disconnected(start + 100s);
  CHECK_FALSE(link.is_unhealthy());
  CHECK(link.age(start + 119s) == 100s);
  link.on_connected();
  link.clear_last_poll();
  CHECK(link.age(start + 120s) == 0s);
  link.on_disconnected(start + 130s);
  CHECK(link.age(start + 132s) == 2s);
}

}  // namespace lars::link_stats_test
