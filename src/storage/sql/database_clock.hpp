// The database's own clock, by which times in the database are written: the machines around it may have wrong clocks.
#pragma once

#include <soci/session.h>

#include <cstdint>

#include "storage/storage_config.hpp"

namespace lars::storage {

// An SQL expression: Unix seconds.
constexpr const char* clock_of(backend kind) {
  return kind == backend::mysql ? "UNIX_TIMESTAMP()" : "CAST(strftime('%s','now') AS INTEGER)";
}

// Unix seconds. Blocking; throws as SOCI does.
std::int64_t database_time(soci::session& sql, backend kind);

}  // namespace lars::storage
