#include "agent/routes/used_hosts.hpp"

#include <catch2/catch.hpp>

namespace lars::used_hosts_test {

using namespace lars::agent;

namespace {

proto::route_response route_of(std::uint32_t hosts) {
  proto::route_response route;
  for (std::uint32_t i = 1; i <= hosts; ++i) route.hosts.push_back({{i, 80}, 50, host_state::up, "zone"});
  return route;
}

}  // namespace

TEST_CASE("an agent uses all hosts of a route or a subset, and the extent has both sizes") {
  const auto route = route_of(10);
  const auto all = hosts_to_use(route, 0, 1);
  REQUIRE(all.hosts.size() == 10);
  CHECK(all.hosts[9] == host{{10, 80}, 50, host_state::up, "zone"});
  CHECK(all.extent.size == 0);
  CHECK(all.extent.known == 10);
  CHECK(all.unused() == 0);
  const auto some = hosts_to_use(route, 3, 1);
  CHECK(some.hosts.size() == 3);
  CHECK(some.extent.size == 3);
  CHECK(some.extent.known == 10);
  CHECK(some.unused() == 7);
  CHECK(hosts_to_use(route, 11, 1).unused() == 0);
  CHECK(hosts_to_use({}, 3, 1).unused() == 0);
}

}  // namespace lars::used_hosts_test
