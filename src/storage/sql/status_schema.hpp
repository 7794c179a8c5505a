// Reads the columns of a database's status tables. Throws as SOCI does; call it inside a session.
#pragma once

#include <soci/session.h>

#include <lars/error.hpp>

#include "storage/sql/status_statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// errc::schema_mismatch if ServerCallStatus is missing.
result<status_shape> read_status_shape(soci::session& sql, backend kind);

}  // namespace lars::storage
