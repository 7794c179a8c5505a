// Numbered migrations (sql/<backend>/NNN_*.sql, compiled in): what brings a database from nothing, or from the schema
// already in the field, to this program's schema. Old programs keep working on the result.
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
  std::string sql;  // what it runs
};

// What a role does at start with a database it finds.
enum class migrate_policy {
  create_and_upgrade,  // roles on SQLite: the file is made and brought up to date
  only_if_empty,       // roles on MySQL: an empty database is filled, one in use is left to `lars migrate`
  always,              // `lars migrate`
};

// Blocking. errc::not_found when a SQLite file is not there (status never creates one).
result<std::vector<migration_status>> migration_state(const storage_config& config);

// Applies what is missing, in order; several programs may do so at once, one wins and the others wait. Returns how many
// were applied. errc::schema_mismatch: the database is newer than this program, or (only_if_empty) older.
result<int> migrate(const storage_config& config, migrate_policy policy);

}  // namespace lars::storage
