// Finds out which of our tables and columns a database has, and which migrations were applied.
// Functions throw as SOCI does; call them inside a session.
#pragma once

#include <soci/session.h>

#include <lars/error.hpp>
#include <set>
#include <string>

#include "storage/sql/statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// The columns of RouteData and RouteChange, and whether ModuleSettings exists. Missing other tables are not reported:
// reading them fails.
schema_shape read_shape(soci::session& sql, backend kind);

// The longest statement that the server accepts, at most longest_statement.
std::size_t read_statement_bytes(soci::session& sql, backend kind);

// The number of the newest file in sql/. The embedded migrations are compared with it when they are compiled.
inline constexpr int newest_migration = 6;

// The row that LarsSchema contains while an empty database is being filled.
inline constexpr int filling_number = 0;

struct schema_history {
  bool empty = true;      // none of our tables exists, or the program that created them was interrupted
  std::set<int> applied;  // numbers of migrations; empty if it was never migrated
};

schema_history read_history(soci::session& sql, backend kind);

// The error for a database that lacks the tables or columns that a call needs.
error not_migrated();

// How the database's schema compares with this program's.
enum class schema_verdict {
  current,  // every migration was applied
  older,    // some are missing
  newer,    // it has migrations that this program does not know
};

schema_verdict judge(const schema_history& history);

}  // namespace lars::storage
