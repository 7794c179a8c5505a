// A route as a row of output.
#pragma once

#include <vector>

#include "cli/row_writer.hpp"
#include "storage/route_row.hpp"

namespace lars::cli {

// In the order of storage::route_columns().
std::vector<cell> route_cells(const storage::route_row& row);

}  // namespace lars::cli
