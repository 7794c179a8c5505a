// What the status tables of a database look like. Throws as SOCI does; called inside a session.
#pragma once

#include <soci/session.h>

#include <lars/error.hpp>

#include "storage/sql/status_statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// errc::schema_mismatch where ServerCallStatus is missing.
result<status_shape> read_status_shape(soci::session& sql, backend kind);

}  // namespace lars::storage
