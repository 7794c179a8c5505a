#include "storage/migrate/migration_lease.hpp"

#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "storage/migrate/embedded_migrations.hpp"
#include "storage/migrate/sql_script.hpp"
#include "storage/sql/database_clock.hpp"
#include "storage/sql/session.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::milliseconds lease_pause{100};
constexpr const char* migration_lease_name = "'migration'";

std::string random_digits() {
  auto random = base::random_source::from_system();
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random()));
  return digits;
}

// A migration creates the table too, but it is needed before the first one.
void create_lease_table(soci::session& sql) {
  const auto all = embedded_migrations(backend::mysql);
  const auto lease =
      std::ranges::find(all, std::string_view("lease"), [](const auto& migration) { return migration.name; });
  for (const std::string& statement : split_sql(lease->sql)) execute(sql, backend::mysql, statement);
}

}  // namespace

migration_lease::migration_lease(soci::session& sql, std::chrono::seconds lifetime) : sql_(sql), lifetime_(lifetime) {
  sql_ << "select left(md5(concat_ws(' ', @@hostname, @@port, @@server_id, @@datadir)), 16)", soci::into(server_);
  holder_ = server_ + random_digits();
}

bool migration_lease::acquire(std::chrono::seconds patience) {
  create_lease_table(sql_);
  const auto deadline = base::clock::now() + patience;
  while (!try_acquire()) {
    if (base::clock::now() >= deadline) return false;
    std::this_thread::sleep_for(lease_pause);
  }
  return true;
}

bool migration_lease::try_acquire() {
  try {
    execute(sql_, backend::mysql,
            std::string("insert ignore into LarsLease (name, holder, expires) values (") + migration_lease_name +
                ", '', 0)");
    execute(sql_, backend::mysql,
            "update LarsLease set holder = '" + holder_ + "', expires = " + until() +
                " where name = " + migration_lease_name + " and (expires <= " + clock_of(backend::mysql) +
                " or left(holder, 16) = '" + server_ + "')");
  } catch (const soci::mysql_soci_error& failure) {
    // A commit on another node came first.
    if (failure.err_num_ != ER_LOCK_DEADLOCK) throw;
    return false;
  }
  return is_ours();
}

bool migration_lease::renew() {
  execute(sql_, backend::mysql,
          "update LarsLease set expires = " + until() + " where name = " + migration_lease_name + " and holder = '" +
              holder_ + "'");
  return is_ours();
}

void migration_lease::release() {
  execute(
      sql_, backend::mysql,
      std::string("delete from LarsLease where name = ") + migration_lease_name + " and holder = '" + holder_ + "'");
}

bool migration_lease::is_ours() {
  std::string found;
  sql_ << std::string("select holder from LarsLease where name = ") + migration_lease_name, soci::into(found);
  return sql_.got_data() && found == holder_;
}

std::string migration_lease::until() const {
  return std::string(clock_of(backend::mysql)) + " + " + std::to_string(lifetime_.count());
}

}  // namespace lars::storage
