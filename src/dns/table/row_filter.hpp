// Removes invalid rows: an invalid row costs only itself.
#pragma once

#include <span>
#include <vector>

#include "dns/table/route_table.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// Removes rows that name no host. A row with an invalid zone gets the zone of its host in `before`, or none. Keeps the
// order of rows.
void drop_unusable_rows(std::vector<storage::route_row>& rows, const route_table& before);

}  // namespace lars::dns
