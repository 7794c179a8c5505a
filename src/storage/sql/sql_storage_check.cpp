#include "storage/sql/sql_storage_check.hpp"

#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <chrono>
#include <string>

#include "storage/sql/mysql_session.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::seconds check_patience{2};

// Thrown, so that another host is tried next.
void require_writable(soci::session& sql) {
  if (const auto role = read_role(sql); role.read_only)
    throw soci::mysql_soci_error("the server is read-only: " + role.server, ER_OPTION_PREVENTS_STATEMENT);
}

}  // namespace

sql_storage_check::sql_storage_check(const storage_config& config)
    : session_(config, {.answer = check_patience, .follow_cluster = true}) {}

// Of several hosts one that is well is enough: the writers go to it too.
result<void> sql_storage_check::look() {
  for (std::size_t left = session_.hosts();; --left) {
    auto looked = look_at_one();
    if (looked || left <= 1) return looked;
  }
}

result<void> sql_storage_check::look_at_one() {
  auto looked = session_.plain([this](soci::session& sql) -> result<void> {
    if (session_.config().kind == backend::mysql) require_writable(sql);
    // A node of a cluster that lacks a quorum answers whatever needs no table.
    int any = 0;
    sql << "select count(*) from (select 1 from ServerCallStatus limit 1) as rows_there", soci::into(any);
    return {};
  });
  // It answers; its tables are made later, or by another.
  if (!looked && looked.error().code == errc::schema_mismatch) return {};
  return looked;
}

}  // namespace lars::storage
