#include "dns/table/route_shard.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::route_shard_test {

namespace {
module_answer one_host(route_key key, std::uint32_t ip) { return answer(key, {row(1, key, ip, 80)}); }
}  // namespace

TEST_CASE("A shard finds each of its modules and no other") {
  const std::vector<module_answer> answers{one_host({1, 1}, 10), one_host({1, 2}, 11), one_host({7, 1}, 12)};
  const route_shard shard(answers);
  stored_answer found;
  for (const auto& each : answers) {
    REQUIRE(shard.find(each.key, found));
    CHECK(found.plain == each.plain);
    CHECK(found.extended == each.extended);
    CHECK(found.digest == each.digest);
    CHECK(found.hosts == 1);
  }
  CHECK_FALSE(shard.find({1, 3}, found));
  CHECK_FALSE(shard.find({0, 0}, found));
  CHECK_FALSE(shard.find({8, 0}, found));
  CHECK(shard.modules() == 3);
  CHECK(shard.hosts() == 3);
}

TEST_CASE("Changes replace, add and remove modules of a shard") {
  const std::vector<module_answer> before{one_host({1, 1}, 10), one_host({3, 1}, 11), one_host({5, 1}, 12)};
  const route_shard old(before);
  const std::vector<module_answer> changes{answer({1, 1}, {}), one_host({2, 1}, 20), one_host({3, 1}, 21),
                                           one_host({9, 1}, 22)};
  const route_shard fresh(&old, changes);
  stored_answer found;
  CHECK_FALSE(fresh.find({1, 1}, found));
  REQUIRE(fresh.find({2, 1}, found));
  CHECK(found.plain == changes[1].plain);
  REQUIRE(fresh.find({3, 1}, found));
  CHECK(found.plain == changes[2].plain);
  REQUIRE(fresh.find({5, 1}, found));
  CHECK(found.plain == before[2].plain);
  REQUIRE(fresh.find({9, 1}, found));
  CHECK(fresh.modules() == 4);
  CHECK(old.modules() == 3);
}

}  // namespace lars::dns::route_shard_test
