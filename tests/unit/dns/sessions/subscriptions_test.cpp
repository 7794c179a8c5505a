#include "dns/sessions/subscriptions.hpp"

#include <catch2/catch.hpp>

namespace lars::dns {

namespace {
std::vector<connection_id> of(const subscriptions& all, route_key key) {
  const auto found = all.of(key);
  return {found.begin(), found.end()};
}
subscriptions::outcome add(subscriptions& all, connection_id id, route_key key) {
  all.note(id, {}, false);
  return all.add(id, key);
}
using ids = std::vector<connection_id>;
constexpr auto added = subscriptions::outcome::added;
}  // namespace

TEST_CASE("A module's subscribers are those that asked for it, each once") {
  subscriptions all(10, 100);
  CHECK(add(all, 2, {1, 1}) == added);
  CHECK(add(all, 1, {1, 1}) == added);
  CHECK(add(all, 2, {1, 1}) == added);
  CHECK(add(all, 1, {2, 1}) == added);
  CHECK(of(all, {1, 1}) == ids{1, 2});
  CHECK(of(all, {2, 1}) == ids{1});
  CHECK(of(all, {3, 1}).empty());
  CHECK(all.count(2) == 1);
}

TEST_CASE("A connection that ended is forgotten everywhere") {
  subscriptions all(10, 100);
  add(all, 1, {1, 1});
  add(all, 2, {1, 1});
  add(all, 1, {2, 1});
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
  CHECK(add(all, 1, {1, 1}) == added);
  CHECK(add(all, 1, {2, 1}) == added);
  CHECK(add(all, 1, {3, 1}) == subscriptions::outcome::full);
  CHECK(add(all, 1, {2, 1}) == added);
  CHECK(add(all, 2, {3, 1}) == added);
  CHECK(of(all, {3, 1}) == ids{2});
}

TEST_CASE("The limit of all together names the connection that has the most") {
  subscriptions all(10, 4);
  for (std::int32_t i = 0; i < 3; ++i) CHECK(add(all, 7, {i, 1}) == added);
  CHECK(add(all, 8, {1, 1}) == added);
  CHECK(add(all, 8, {9, 1}) == subscriptions::outcome::crowded);
  CHECK(all.total() == 4);
  CHECK(all.largest() == 7);
  all.remove(7);
  CHECK(all.total() == 1);
  CHECK(add(all, 8, {9, 1}) == added);
}

TEST_CASE("Whoever is in a module's list is known, whoever was removed is not") {
  subscriptions all(10, 100);
  CHECK(all.find(1) == nullptr);
  all.note(1, {}, true);
  all.add(1, {1, 1});
  REQUIRE(all.find(1) != nullptr);
  CHECK(all.find(1)->extended);
  CHECK(all.find(1)->modules == std::vector<route_key>{{1, 1}});
  all.remove(1);
  CHECK(all.find(1) == nullptr);
}

}  // namespace lars::dns
