#include "storage/sql/history_statements.hpp"

#include <catch2/catch.hpp>

namespace lars::history_statements_test {

using namespace lars::storage;
using counts = std::vector<std::pair<std::int32_t, std::uint64_t>>;

TEST_CASE("a piece takes modids as long as their rows fit, and one at least") {
  CHECK(first_piece(counts{{1, 5}}, 3) == std::pair{1, 1});
  CHECK(first_piece(counts{{-7, 1}, {1, 1}, {2, 1}, {9, 1}}, 3) == std::pair{-7, 2});
  CHECK(first_piece(counts{{1, 1}, {2, 100}, {3, 1}}, 50) == std::pair{1, 1});
  CHECK(first_piece(counts{{1, 1}, {2, 2}}, 1000) == std::pair{1, 2});
}

TEST_CASE("what is added and what is deleted is the same range") {
  const history_range range{10, 120, 180, -3, 7};
  const std::string where = " WHERE step = 10 AND bucket >= 120 AND bucket < 180 AND modid BETWEEN -3 AND 7";
  CHECK(erase_statement(range) == "DELETE FROM CallHistory" + where);
  for (const backend kind : {backend::mysql, backend::sqlite}) {
    const std::string moved = roll_up_statement(kind, range, 60);
    CHECK(moved.find(where) != std::string::npos);
    CHECK(moved.find("60 AS step, 120 AS bucket") != std::string::npos);
  }
}

}  // namespace lars::history_statements_test
