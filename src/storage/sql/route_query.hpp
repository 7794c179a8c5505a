// Reads rows of RouteData, fast.
#pragma once

#include <soci/session.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/route_row.hpp"
#include "storage/sql/statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// Calls `each` for every row of `select row_columns(shape) from RouteData <tail>`, streamed: memory use does not
// grow with the number of rows. Passes on invalid rows too, with their flaw. Throws as SOCI does. The row is borrowed
// for the call.
void each_route(soci::session& sql, backend kind, const schema_shape& shape, const std::string& tail,
                const std::function<void(route_row&)>& each);

// The rows of these modules.
std::vector<route_row> routes_of(soci::session& sql, backend kind, const schema_shape& shape,
                                 std::span<const route_key> keys);

}  // namespace lars::storage
