#include "balance/table/host_column.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace lars::host_column_test {

using namespace lars::balance;

namespace {

struct record {
  std::string name;
  int calls = 0;
};

}  // namespace

TEST_CASE("a column reads and writes one part of every record") {
  std::vector<record> records{{"a", 1}, {"b", 2}, {"c", 3}};
  const host_column<int> calls(std::span<record>(records), &record::calls);
  REQUIRE(calls.size() == 3);
  CHECK(calls[1] == 2);
  calls[2] = 7;
  CHECK(records[2].calls == 7);
  CHECK(records[2].name == "c");
  const host_column<const int> seen = calls;
  CHECK(seen[2] == 7);
}

TEST_CASE("a column of no records is empty") {
  std::vector<record> none;
  CHECK(host_column<int>(std::span<record>(none), &record::calls).size() == 0);
}

}  // namespace lars::host_column_test
