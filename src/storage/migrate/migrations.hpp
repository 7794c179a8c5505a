// Numbered migrations (sql/<backend>/NNN_*.sql, compiled in) that bring an empty database, or one with an older schema,
// to this program's schema. Older programs keep working with the result.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::storage {

struct migration_status {
  int number = 0;
  std::string name;  // file name without number and ending
  bool applied = false;
  std::string sql;  // its statements
};

// What to do with a database that is not up to date.
enum class migrate_policy {
  create_and_upgrade,  // roles on SQLite: create the file and bring it up to date
  only_if_empty,       // roles on MySQL: fill an empty database, leave one in use to `lars migrate`
  always,              // `lars migrate`
};

// Blocking. errc::not_found: the SQLite file does not exist (and is not created).
result<std::vector<migration_status>> migration_state(const storage_config& config);

// Applies missing migrations in order. Of several programs one migrates and the others wait. Returns how many were
// applied. errc::locked: another program migrates it. errc::schema_mismatch: the database is newer than this program,
// or (only_if_empty) older.
result<int> migrate(const storage_config& config, migrate_policy policy);

}  // namespace lars::storage
