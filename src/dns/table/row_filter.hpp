// What of the database's rows counts: a row that holds what is not allowed costs that row alone.
#pragma once

#include <span>
#include <vector>

#include "dns/table/route_table.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// Takes rows that name no host out of `rows`. Others with a zone that is not allowed get the zone that their host has
// in `before`; none where it has none. The rows of a module are kept in order.
void drop_unusable_rows(std::vector<storage::route_row>& rows, const route_table& before);

}  // namespace lars::dns
