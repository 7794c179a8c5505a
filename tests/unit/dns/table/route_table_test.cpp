#include "dns/table/route_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::route_table_test {

namespace {
module_answer one_host(route_key key, std::uint32_t ip, std::uint32_t weight = default_weight) {
  return answer(key, {row(1, key, ip, 80, weight)});
}
std::shared_ptr<const route_table> table_of(std::vector<module_answer> answers) {
  return route_table().with(std::move(answers)).table;
}
}  // namespace

TEST_CASE("An empty table answers that there are no hosts") {
  const route_table table;
  stored_answer found;
  CHECK_FALSE(table.find({1, 1}, found));
  CHECK(table.digest({1, 1}) == empty_digest());
}

TEST_CASE("Of an unusable module nothing is known, until it is replaced, by nothing too") {
  const route_table table(route_table::shard_list(shard_count), {{1, 1}, {2, 1}, {3, 1}});
  CHECK(table.is_unusable({1, 1}));
  CHECK(table.digest({1, 1}) == 0);
  CHECK(table.modules() == 0);
  const auto update = table.with({one_host({1, 1}, 10), answer({2, 1}, {}), answer({4, 1}, {})});
  REQUIRE(update.changed.size() == 2);
  for (const auto& change : update.changed) {
    CHECK(change.key != route_key{4, 1});
    CHECK(change.plain_differs);
  }
  CHECK_FALSE(update.table->is_unusable({1, 1}));
  CHECK_FALSE(update.table->is_unusable({2, 1}));
  CHECK(update.table->is_unusable({3, 1}));
  CHECK(update.table->digest({2, 1}) == empty_digest());
  CHECK(table.is_unusable({1, 1}));
}

TEST_CASE("Replacing modules returns exactly those whose content differs") {
  const auto table = table_of({one_host({1, 1}, 10), one_host({2, 1}, 11), one_host({3, 1}, 12)});
  const auto update = table->with(
      {one_host({1, 1}, 10), one_host({2, 1}, 99), answer({3, 1}, {}), answer({4, 1}, {}), one_host({5, 1}, 13)});
  std::vector<route_key> keys;
  for (const auto& change : update.changed) keys.push_back(change.key);
  std::sort(keys.begin(), keys.end());
  CHECK(keys == std::vector<route_key>{{2, 1}, {3, 1}, {5, 1}});
  CHECK(update.table->modules() == 3);
  CHECK(update.table->hosts() == 3);
}

TEST_CASE("Replacing a module by the same content makes no new table") {
  const auto table = table_of({one_host({1, 1}, 10)});
  const auto update = table->with({one_host({1, 1}, 10)});
  CHECK(update.table == nullptr);
  CHECK(update.changed.empty());
}

TEST_CASE("A new table shares the shards without changes and leaves the old table as it was") {
  std::vector<module_answer> many;
  for (std::int32_t i = 0; i < 500; ++i) many.push_back(one_host({i, 1}, 10));
  const auto before = table_of(std::move(many));
  const auto after = before->with({one_host({7, 1}, 77)}).table;
  for (std::size_t i = 0; i < shard_count; ++i) CHECK((before->shard(i) == after->shard(i)) == (i != shard_of({7, 1})));
  CHECK(before->digest({7, 1}) == one_host({7, 1}, 10).digest);
  CHECK(after->digest({7, 1}) == one_host({7, 1}, 77).digest);
}

TEST_CASE("An answer is encoded once: a shared shard holds the very same bytes") {
  const auto before = table_of({one_host({1, 1}, 10), one_host({2, 1}, 11)});
  REQUIRE(shard_of({1, 1}) != shard_of({2, 1}));
  const auto after = before->with({one_host({2, 1}, 12)}).table;
  stored_answer old_answer, new_answer;
  REQUIRE(before->find({1, 1}, old_answer));
  REQUIRE(after->find({1, 1}, new_answer));
  CHECK(old_answer.plain.data() == new_answer.plain.data());
}

TEST_CASE("Of several answers for one module the last counts") {
  const auto update = route_table().with({one_host({1, 1}, 10), one_host({2, 1}, 5), one_host({1, 1}, 20)});
  CHECK(update.table->digest({1, 1}) == one_host({1, 1}, 20).digest);
  CHECK(update.changed.size() == 2);
}

TEST_CASE("A shard whose last module goes is gone") {
  const auto table = table_of({one_host({1, 1}, 10)});
  const auto update = table->with({answer({1, 1}, {})});
  CHECK(update.table->shard(shard_of({1, 1})) == nullptr);
  CHECK(update.table->modules() == 0);
}

TEST_CASE("A change that peers in the field cannot see is marked so") {
  const auto table = table_of({one_host({1, 1}, 10), one_host({2, 1}, 10, 0)});
  const auto update = table->with({one_host({1, 1}, 10, 50), answer({2, 1}, {})});
  REQUIRE(update.changed.size() == 2);
  CHECK_FALSE(update.changed[0].plain_differs);
  CHECK_FALSE(update.changed[1].plain_differs);
  const auto drained = table->with({one_host({1, 1}, 10, 0)});
  REQUIRE(drained.changed.size() == 1);
  CHECK(drained.changed[0].plain_differs);
}

TEST_CASE("Modules spread over the shards") {
  std::vector<std::size_t> filled(shard_count);
  for (std::int32_t i = 0; i < 40960; ++i) ++filled[shard_of({i, 1})];
  CHECK(*std::max_element(filled.begin(), filled.end()) < 40);
}

}  // namespace lars::dns::route_table_test
