#include "dns/table/table_loader.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"
#include "base/random.hpp"

namespace lars::dns::table_loader_test {

TEST_CASE("A loaded table equals the one made module by module") {
  base::random_source random(7);
  const std::vector<std::string> zones{"", "a", "zone-b", "ein langer Name, der nicht in einen kurzen String passt"};
  std::vector<storage::route_row> rows;
  for (std::uint64_t id = 1; id <= 5000; ++id) {
    const route_key key{static_cast<std::int32_t>(random.below(300)), static_cast<std::int32_t>(random.below(3)) - 1};
    rows.push_back(row(id, key, 0x7ffffff0 + random.below(40), 80, random.below(12000), zones[random.below(4)],
                       static_cast<host_state>(random.below(3))));
  }
  table_loader loader;
  for (std::size_t first = 0; first < rows.size(); first += 1000) loader.add(std::span(rows).subspan(first, 1000));
  const auto loaded = loader.finish();

  std::vector<route_key> keys;
  for (std::int32_t m = 0; m < 300; ++m)
    for (std::int32_t c = -1; c < 2; ++c) keys.push_back({m, c});
  const auto update = loaded.table->with(make_answers(keys, rows, {}));
  CHECK(update.changed.empty());
  CHECK(loaded.table->modules() > 800);
}

TEST_CASE("A loaded checksums adds up to what the database would say") {
  std::vector<storage::route_row> rows;
  storage::range_sum sum{0, 0, 0};
  for (std::uint64_t id = 1; id <= 100; ++id) {
    rows.push_back(row(id, {1, 1}, static_cast<std::uint32_t>(id), 80));
    ++sum.rows;
    sum.crc_sum += storage::row_crc(rows.back());
  }
  table_loader loader;
  loader.add(rows);
  const auto loaded = loader.finish();
  const std::vector<storage::range_sum> sums{sum};
  CHECK(loaded.checksums.differing(sums).empty());
}

TEST_CASE("Loading brings settings and routes together, and tells which settings are refused") {
  const std::vector<storage::settings_row> settings{{{1, 1}, R"({"policy":"rr"})", 1}, {{2, 2}, "rubbish", 1}};
  table_loader loader;
  loader.add(settings);
  loader.add(std::vector{row(1, {1, 1}, 10, 80), row(2, {2, 2}, 11, 80)});
  const auto loaded = loader.finish();
  stored_answer found;
  REQUIRE(loaded.table->find({1, 1}, found));
  CHECK(decoded(found.extended).settings.policy == "rr");
  CHECK(loaded.table->digest({2, 2}) == answer({2, 2}, {row(2, {2, 2}, 11, 80)}).digest);
  REQUIRE(loaded.rejected.size() == 1);
  CHECK(loaded.rejected[0].key == route_key{2, 2});
  CHECK(loaded.settings.modules() == 1);
}

TEST_CASE("Loading tells modules whose rows name no host from those that have none") {
  table_loader loader;
  std::vector rows{row(1, {1, 1}, 10, 70000), row(2, {2, 2}, 11, 80), row(3, {2, 2}, 12, 70000)};
  for (auto& one : rows)
    if (one.target.where.port == 70000) one.flaw = {static_cast<std::uint8_t>(storage::row_part::host), "no port"};
  loader.add(rows);
  const auto loaded = loader.finish();
  CHECK(loaded.table->is_unusable({1, 1}));
  CHECK_FALSE(loaded.table->is_unusable({2, 2}));
  CHECK_FALSE(loaded.table->is_unusable({3, 3}));
}

TEST_CASE("Loading nothing gives an empty table") {
  const auto loaded = table_loader().finish();
  CHECK(loaded.table->modules() == 0);
  CHECK(loaded.checksums.ranges() == 0);
  CHECK(loaded.cut.empty());
}

TEST_CASE("Loading names the modules whose plain answer is cut") {
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 7000; ++i) rows.push_back(row(i + 1, {1, 1}, 0xc0000000 + i, 80));
  rows.push_back(row(7001, {2, 2}, 1, 1));
  table_loader loader;
  loader.add(rows);
  const auto loaded = loader.finish();
  REQUIRE(loaded.cut.size() == 1);
  CHECK(loaded.cut.front().key == route_key{1, 1});
}

}  // namespace lars::dns::table_loader_test
