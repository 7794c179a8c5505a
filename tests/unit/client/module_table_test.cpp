#include "client/module_table.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

namespace lars::module_table_test {

using namespace lars::client;

TEST_CASE("an entry stays where it is while others are made") {
  module_table table;
  std::vector<thread_module*> entries;
  for (std::int32_t n = 0; n < 5000; ++n) entries.push_back(&table.at({n - 2500, n * 7}));
  CHECK(std::set(entries.begin(), entries.end()).size() == entries.size());
  for (std::int32_t n = 0; n < 5000; ++n) {
    auto& one = table.at({n - 2500, n * 7});
    REQUIRE(&one == entries[static_cast<std::size_t>(n)]);
    REQUIRE(one.key == route_key{n - 2500, n * 7});
  }
  std::size_t seen = 0;
  table.for_each([&](thread_module&) { ++seen; });
  CHECK(seen == entries.size());
}

TEST_CASE("an entry that was not made is not found") {
  module_table table;
  CHECK(table.find({1, 1}) == nullptr);
  const auto& one = table.at({1, 1});
  CHECK(table.find({1, 1}) == &one);
  CHECK(table.find({1, 2}) == nullptr);
}

TEST_CASE("a new entry knows nothing yet") {
  module_table table;
  const auto& one = table.at({0, 0});
  CHECK(one.view.record == nullptr);
  CHECK(one.counters == nullptr);
  CHECK(one.cursors.turns.next == balance::no_turn);
}

}  // namespace lars::module_table_test
