#include "balance/table/membership.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace lars::membership_test {

using namespace lars::balance;
using lars::endpoint;
using lars::host;

namespace {

const host a{{1, 80}};
const host b{{2, 80}};
const host c{{3, 80}};
const host d{{4, 80}};

membership_change set(membership& members, const std::vector<host>& list) {
  auto change = members.plan(list);
  members.commit(change);
  return change;
}

std::vector<endpoint> endpoints(std::span<const member> members) {
  std::vector<endpoint> all;
  for (const auto& one : members) all.push_back(one.where);
  return all;
}

}  // namespace

TEST_CASE("a plan says who joins, stays and leaves, and changes nothing") {
  membership members;
  set(members, {b, a});
  const auto change = members.plan(std::vector{c, b});
  REQUIRE(change.joined.size() == 1);
  CHECK(change.joined[0].target.where == c.where);
  REQUIRE(change.kept.size() == 1);
  CHECK(change.kept[0].place == member{b.where, 1, 2});
  CHECK(endpoints(change.left) == std::vector{a.where});
  CHECK(change.slots == 3);
  CHECK(endpoints(members.in_order()) == std::vector{b.where, a.where});
}

TEST_CASE("hosts keep the order of the list, and are found by endpoint") {
  membership members;
  set(members, {c, a, b});
  CHECK(endpoints(members.in_order()) == std::vector{c.where, a.where, b.where});
  CHECK(endpoints(members.by_endpoint()) == std::vector{a.where, b.where, c.where});
  CHECK(members.find(b.where) == 1);
  CHECK(members.find(d.where) == no_slot);
  CHECK(members.size() == 3);
}

TEST_CASE("of a host named twice the first counts") {
  membership members;
  auto heavy = a;
  heavy.weight = 7;
  const auto change = set(members, {b, a, heavy, b});
  CHECK(endpoints(members.in_order()) == std::vector{b.where, a.where});
  CHECK(change.joined[0].target.weight == a.weight);
}

TEST_CASE("a host keeps its slot and generation while lists name it") {
  membership members;
  set(members, {a, b});
  const std::vector<member> before(members.by_endpoint().begin(), members.by_endpoint().end());
  set(members, {b, c, a});
  CHECK(members.by_endpoint()[0] == before[0]);
  CHECK(members.by_endpoint()[1] == before[1]);
}

TEST_CASE("a slot is reused no sooner than one list after its host left, with another generation") {
  membership members;
  set(members, {a, b});
  const auto left = members.by_endpoint()[0];
  set(members, {b, c});
  CHECK(members.find(c.where) == 2);
  const auto change = set(members, {b, c, d});
  CHECK(change.slots == 3);
  CHECK(members.find(d.where) == left.slot);
  CHECK(change.joined[0].place.generation != left.generation);
}

TEST_CASE("a host that comes back has another generation") {
  membership members;
  set(members, {a, b});
  const auto before = members.by_endpoint()[0].generation;
  set(members, {b});
  set(members, {a, b});
  CHECK(members.by_endpoint()[0].generation != before);
}

TEST_CASE("free slots are used before new ones, the last that became free first") {
  membership members;
  set(members, {a, b, c});
  set(members, {});
  const auto change = set(members, {a, b, c, d});
  CHECK(members.find(a.where) == 2);
  CHECK(members.find(b.where) == 1);
  CHECK(members.find(c.where) == 0);
  CHECK(members.find(d.where) == 3);
  CHECK(change.slots == 4);
}

}  // namespace lars::membership_test
