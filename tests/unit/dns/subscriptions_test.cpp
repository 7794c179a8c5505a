#include "dns/subscriptions.hpp"

#include <catch2/catch.hpp>

namespace lars::dns {

namespace {
std::vector<connection_id> of(const subscriptions& all, route_key key) {
  const auto found = all.of(key);
  return {found.begin(), found.end()};
}
using ids = std::vector<connection_id>;
constexpr auto added = subscriptions::outcome::added;
}  // namespace

TEST_CASE("A module's subscribers are those that asked for it, each once") {
  subscriptions all(10, 100);
  CHECK(all.add(2, {1, 1}) == added);
  CHECK(all.add(1, {1, 1}) == added);
  CHECK(all.add(2, {1, 1}) == added);
  CHECK(all.add(1, {2, 1}) == added);
  CHECK(of(all, {1, 1}) == ids{1, 2});
  CHECK(of(all, {2, 1}) == ids{1});
  CHECK(of(all, {3, 1}).empty());
  CHECK(all.count(2) == 1);
}

TEST_CASE("A connection that ended is forgotten everywhere") {
  subscriptions all(10, 100);
  all.add(1, {1, 1});
  all.add(2, {1, 1});
  all.add(1, {2, 1});
  all.remove(1);
  CHECK(of(all, {1, 1}) == ids{2});
  CHECK(of(all, {2, 1}).empty());
  CHECK(all.count(1) == 0);
  CHECK(all.modules() == 1);
  all.remove(1);
  all.remove(99);
  CHECK(of(all, {1, 1}) == ids{2});
}

TEST_CASE("The limit holds for each connection, and does not count what it has already") {
  subscriptions all(2, 100);
  CHECK(all.add(1, {1, 1}) == added);
  CHECK(all.add(1, {2, 1}) == added);
  CHECK(all.add(1, {3, 1}) == subscriptions::outcome::full);
  CHECK(all.add(1, {2, 1}) == added);
  CHECK(all.add(2, {3, 1}) == added);
  CHECK(of(all, {3, 1}) == ids{2});
}

TEST_CASE("The limit of all together names the connection that has the most") {
  subscriptions all(10, 4);
  for (std::int32_t i = 0; i < 3; ++i) CHECK(all.add(7, {i, 1}) == added);
  CHECK(all.add(8, {1, 1}) == added);
  CHECK(all.add(8, {9, 1}) == subscriptions::outcome::crowded);
  CHECK(all.total() == 4);
  CHECK(all.largest() == 7);
  all.remove(7);
  CHECK(all.total() == 1);
  CHECK(all.add(8, {9, 1}) == added);
}

}  // namespace lars::dns
