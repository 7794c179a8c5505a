// Reads rows of ModuleSettings.
#pragma once

#include <soci/session.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/settings_row.hpp"
#include "storage/sql/statements.hpp"

namespace lars::storage {

// Calls `each` for every row of ModuleSettings that has a valid module and meets `condition` (empty = all). Does
// nothing if the table does not exist. Throws as SOCI does. The row is borrowed for the call.
void each_settings(soci::session& sql, const schema_shape& shape, const std::string& condition,
                   const std::function<void(settings_row&)>& each);

// The rows of these modules.
std::vector<settings_row> settings_of(soci::session& sql, const schema_shape& shape, std::span<const route_key> keys);

}  // namespace lars::storage
