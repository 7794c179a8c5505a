#include "cli/route_cells.hpp"

#include <catch2/catch.hpp>

#include "storage/route_file.hpp"

namespace lars::route_cells_test {

TEST_CASE("a row and its cells name the same host") {
  const storage::route_row row{7, {-1, 2}, {{0x0A000001, 80}, 0, host_state::down, "z"}};
  const auto cells = cli::route_cells(row);
  REQUIRE(cells.size() == storage::route_columns().size());
  CHECK(std::get<std::int64_t>(cells[0]) == -1);
  CHECK(std::get<std::string>(cells[2]) == "10.0.0.1");
  CHECK(std::get<std::string>(cells[6]) == "down");
}

}  // namespace lars::route_cells_test
