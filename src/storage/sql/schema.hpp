// What a database looks like from outside: which of our tables and columns it has, which migrations it has seen.
// Functions throw as SOCI does; they are called inside a session.
#pragma once

#include <soci/session.h>

#include <lars/error.hpp>
#include <set>
#include <string>

#include "storage/sql/statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// How RouteData and RouteChange are made, and whether there is ModuleSettings. Of other tables that are not there,
// nothing is said: reading them fails by itself.
schema_shape read_shape(soci::session& sql, backend kind);

// How long a statement the server takes, at most longest_statement.
std::size_t read_statement_bytes(soci::session& sql, backend kind);

// The number of the newest file in sql/. The embedded migrations are compared with it when they are compiled.
inline constexpr int newest_migration = 6;

// The row of LarsSchema that stands there while an empty database is being filled.
inline constexpr int filling_number = 0;

struct schema_history {
  bool empty = true;      // the database has no data in tables of ours: there are none, or their making was cut short
  std::set<int> applied;  // numbers of migrations; empty where no program of ours has migrated it yet
};

schema_history read_history(soci::session& sql, backend kind);

// What is said where the database has no tables or columns for what was asked, whoever asked for it.
error not_migrated();

// What the history means to this program.
enum class schema_verdict {
  current,  // every migration is there
  older,    // some are missing
  newer,    // it has migrations that this program does not know
};

schema_verdict judge(const schema_history& history);

}  // namespace lars::storage
