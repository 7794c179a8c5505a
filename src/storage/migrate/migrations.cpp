#include "storage/migrate/migrations.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "base/directory.hpp"
#include "storage/migrate/embedded_migrations.hpp"
#include "storage/migrate/migration_lease.hpp"
#include "storage/migrate/sql_script.hpp"
#include "storage/sql/database_clock.hpp"
#include "storage/sql/schema.hpp"
#include "storage/sql/session.hpp"

namespace lars::storage {
namespace {

// Adding a column or an index to a table of millions of rows takes minutes. Creating empty tables does not, and a role
// that has to stop meanwhile must not wait for a database that hangs.
constexpr std::chrono::seconds upgrade_patience{600};
constexpr std::chrono::seconds filling_patience{10};
constexpr std::chrono::seconds sqlite_patience{5};
constexpr std::chrono::milliseconds sqlite_pause{20};
constexpr auto lock_name = "concat('lars migrate ', md5(database()))";  // lock names are global to a server
constexpr std::chrono::seconds upgrade_lock_patience{120};              // for another program that migrates
constexpr std::chrono::seconds filling_lock_patience{5};
constexpr std::chrono::seconds lease_slack{60};  // beyond the longest statement

// A run that was killed may have completed part of a migration, since MySQL commits each schema change at once.
bool is_already_done(const soci::mysql_soci_error& failure) {
  constexpr unsigned duplicate_column = 1060, duplicate_key_name = 1061, table_exists = 1050;
  return failure.err_num_ == duplicate_column || failure.err_num_ == duplicate_key_name ||
         failure.err_num_ == table_exists;
}

void run_statement(soci::session& sql, backend kind, const std::string& statement) {
  try {
    execute(sql, kind, statement);
  } catch (const soci::mysql_soci_error& failure) {
    if (!is_already_done(failure)) throw;
  }
}

const char* history_table(backend kind) {
  if (kind == backend::mysql)
    return "CREATE TABLE IF NOT EXISTS LarsSchema (number INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL,"
           " applied BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
  return "CREATE TABLE IF NOT EXISTS LarsSchema (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL,"
         " applied INTEGER NOT NULL)";
}

// "Ignore": an older program on another node of a cluster, which does not use the lease, may have inserted the same
// row.
void record_migration(soci::session& sql, backend kind, int number, const std::string& name) {
  sql << std::string(kind == backend::mysql ? "insert ignore" : "insert or ignore") +
             " into LarsSchema (number, name, applied) values (" + std::to_string(number) + ", :name, " +
             std::to_string(database_time(sql, kind)) + ")",
      soci::use(name, "name");
}

void apply(soci::session& sql, backend kind, const embedded_migration& migration) {
  for (const std::string& statement : split_sql(migration.sql)) run_statement(sql, kind, statement);
  record_migration(sql, kind, migration.number, migration.name);
}

error older_error() { return {errc::schema_mismatch, "it is older than this program; run `lars migrate`"}; }
error busy_error() { return {errc::locked, "another program is migrating this database; try again later"}; }
error newer_error() { return {errc::schema_mismatch, "it is newer than this program; use the newer program"}; }

// The outcome if there is nothing to do; nullopt if there is.
std::optional<result<int>> outcome_without_migrating(const schema_history& history, migrate_policy policy) {
  switch (judge(history)) {
    case schema_verdict::current:
      if (history.applied.contains(filling_number))
        break;  // the program that filled it was killed before its last step
      return result<int>(0);
    case schema_verdict::newer:
      return result<int>(newer_error());
    case schema_verdict::older:
      break;
  }
  if (policy == migrate_policy::only_if_empty && !history.empty) return result<int>(older_error());
  return std::nullopt;
}

// REQUIRES: no other program migrates meanwhile. `may_continue` is called before each migration.
result<int> migrate_locked(soci::session& sql, backend kind, migrate_policy policy,
                           const std::function<bool()>& may_continue) {
  const schema_history history = read_history(sql, kind);
  if (auto outcome = outcome_without_migrating(history, policy)) return *outcome;
  execute(sql, kind, history_table(kind));
  // With this row, another program completes the filling if this one is killed.
  if (history.empty && !history.applied.contains(filling_number))
    record_migration(sql, kind, filling_number, "filling an empty database");
  int applied = 0;
  for (const embedded_migration& migration : embedded_migrations(kind)) {
    if (history.applied.contains(migration.number)) continue;
    if (!may_continue()) return busy_error();
    apply(sql, kind, migration);
    ++applied;
  }
  execute(sql, kind, "delete from LarsSchema where number = " + std::to_string(filling_number));
  return applied;
}

// SQLite rolls back schema changes too, so a migration is applied whole or not at all.
result<int> try_to_migrate_sqlite(const storage_config& config, migrate_policy policy) {
  const bool create = policy == migrate_policy::create_and_upgrade;
  if (create) {
    const auto created = base::make_directory(std::filesystem::path(config.connect).parent_path().string());
    if (!created) return {errc::io_failed, config.connect + ": " + created.error().detail};
  }
  session database(config, {.answer = upgrade_patience, .create = create});
  // An up-to-date database may be read-only: return before the write below.
  auto current = database.plain([&](soci::session& sql) -> result<bool> {
    return judge(read_history(sql, backend::sqlite)) == schema_verdict::current;
  });
  if (!current) return current.error();
  if (*current) return 0;
  // WAL mode is stored in the file; with it readers and a writer do not wait for each other.
  auto wal = database.plain([](soci::session& sql) -> result<void> {
    execute(sql, backend::sqlite, "PRAGMA journal_mode = WAL");
    return {};
  });
  if (!wal) return wal.error();
  return database.write(
      [&](soci::session& sql) { return migrate_locked(sql, backend::sqlite, policy, [] { return true; }); });
}

// Unlike other statements, the change to WAL does not wait for locks, so programs that start together need retries.
result<int> migrate_sqlite(const storage_config& config, migrate_policy policy) {
  const auto until = base::clock::now() + sqlite_patience;
  while (true) {
    auto outcome = try_to_migrate_sqlite(config, policy);
    if (outcome || base::clock::now() >= until) return outcome;
    if (outcome.error().code != errc::unavailable && outcome.error().code != errc::locked) return outcome;
    std::this_thread::sleep_for(sqlite_pause);
  }
}

// REQUIRES: we hold the server lock.
result<int> migrate_leased(soci::session& sql, migrate_policy policy, std::chrono::seconds patience,
                           std::chrono::seconds lifetime) {
  migration_lease lease(sql, lifetime);
  if (!lease.acquire(patience)) return busy_error();
  auto outcome = migrate_locked(sql, backend::mysql, policy, [&] { return lease.renew(); });
  lease.release();
  return outcome;
}

// MySQL commits each schema change at once. A server lock, which ends with the connection, keeps out programs on the
// same server; a lease keeps out those on other nodes of a cluster. If an exception leaves the lease behind, the next
// program on this server takes it over at once.
result<int> migrate_mysql(const storage_config& config, migrate_policy policy) {
  const bool filling = policy == migrate_policy::only_if_empty;
  const auto lock_patience = filling ? filling_lock_patience : upgrade_lock_patience;
  const auto answer = filling ? filling_patience : upgrade_patience;
  session database(config, {.answer = answer, .follow_cluster = true});
  return database.plain([&](soci::session& sql) -> result<int> {
    // Check before waiting for the lock: a role with nothing to do must not wait while a large table is upgraded.
    if (auto outcome = outcome_without_migrating(read_history(sql, backend::mysql), policy)) return *outcome;
    int acquired = 0;
    soci::indicator known = soci::i_null;
    sql << std::string("select get_lock(") + lock_name + ", " + std::to_string(lock_patience.count()) + ")",
        soci::into(acquired, known);
    if (acquired != 1) return busy_error();
    auto outcome = migrate_leased(sql, policy, lock_patience, answer + lease_slack);
    execute(sql, backend::mysql, std::string("do release_lock(") + lock_name + ")");
    return outcome;
  });
}

}  // namespace

result<std::vector<migration_status>> migration_state(const storage_config& config) {
  session database(config);
  auto history =
      database.plain([&](soci::session& sql) -> result<schema_history> { return read_history(sql, config.kind); });
  if (!history) return history.error();
  if (judge(*history) == schema_verdict::newer) return newer_error();
  std::vector<migration_status> list;
  for (const embedded_migration& migration : embedded_migrations(config.kind))
    list.push_back({migration.number, migration.name, history->applied.contains(migration.number), migration.sql});
  return list;
}

result<int> migrate(const storage_config& config, migrate_policy policy) {
  return config.kind == backend::mysql ? migrate_mysql(config, policy) : migrate_sqlite(config, policy);
}

}  // namespace lars::storage
