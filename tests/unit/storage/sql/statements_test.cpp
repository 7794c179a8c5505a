#include "storage/sql/statements.hpp"

#include <catch2/catch.hpp>

namespace lars::statements_test {

using namespace lars::storage;

TEST_CASE("modules are looked up by both forms of a negative id") {
  const route_key keys[] = {{1, 2}, {-1, 5}};
  CHECK(keys_condition(keys, true) == "(modid=1 and cmdid=2) or (modid in (-1,4294967295) and cmdid=5)");
  const route_key lowest[] = {{0, -2147483647 - 1}};
  CHECK(keys_condition(lowest, true) == "(modid=0 and cmdid in (-2147483648,2147483648))");
}

TEST_CASE("without an index rows are first held against the modids alone") {
  const route_key keys[] = {{1, 2}, {-1, 5}};
  CHECK(keys_condition(keys, false) ==
        "modid in (1,-1,4294967295) and ((modid=1 and cmdid=2) or (modid in (-1,4294967295) and cmdid=5))");
}

TEST_CASE("an id is written as the column keeps it") {
  CHECK(id_literal(-1, false) == "-1");
  CHECK(id_literal(-1, true) == "4294967295");
  CHECK(id_literal(5, true) == "5");
}

TEST_CASE("a range of ids covers its width and not one more") {
  const std::uint64_t ranges[] = {0, 3};
  CHECK(ranges_condition(ranges) == "id between 0 and 1023 or id between 3072 and 4095");
}

TEST_CASE("columns that the schema lacks are read as what their absence means") {
  CHECK(row_columns({}) == "id, modid, cmdid, serverip, serverport, weight, state, zone");
  CHECK(row_columns({.extended = false}) == "id, modid, cmdid, serverip, serverport, 100, 0, ''");
}

TEST_CASE("ids are listed with commas") {
  const std::uint64_t ids[] = {1, 18446744073709551615u};
  CHECK(id_list(ids) == "1,18446744073709551615");
  CHECK(id_list({}).empty());
}

TEST_CASE("a statement holds as many values as the server takes, and never none") {
  schema_shape shape;
  CHECK(values_a_statement(shape, route_row_bytes, 1000) == 1000);
  shape.statement_bytes = 8192;
  CHECK(values_a_statement(shape, route_row_bytes, 1000) == (8192 - 512) / route_row_bytes);
  for (const std::size_t tiny : {0u, 1u, 512u, 600u}) {
    shape.statement_bytes = tiny;
    CHECK(values_a_statement(shape, route_row_bytes, 1000) == 1);
  }
}

TEST_CASE("no value is longer than what is reckoned for it") {
  const route_key longest{-2147483647, -2147483647};
  const std::vector<route_key> one{longest}, two{longest, longest};
  CHECK(keys_condition(two, false).size() - keys_condition(one, false).size() <= key_bytes);
  const std::vector<std::uint64_t> id{18446744073709551615u}, ids{id[0], id[0]};
  CHECK(id_list(ids).size() - id_list(id).size() <= id_bytes);
  const std::vector<std::uint64_t> range{1ull << 53}, ranges{range[0], range[0]};
  CHECK(ranges_condition(ranges).size() - ranges_condition(range).size() <= range_bytes);
}

}  // namespace lars::statements_test
