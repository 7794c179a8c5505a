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

// Throws, so that the session tries another host next.
void require_writable(soci::session& sql) {
  if (const auto role = read_role(sql); role.read_only)
    throw soci::mysql_soci_error("the server is read-only: " + role.server, ER_OPTION_PREVENTS_STATEMENT);
}

}  // namespace

sql_storage_check::sql_storage_check(const storage_config& config)
    : session_(config, {.answer = check_patience, .follow_cluster = true}) {}

// One healthy host is enough: the writers find it too.
result<void> sql_storage_check::run() {
  for (std::size_t left = session_.hosts();; --left) {
    auto outcome = check_host();
    if (outcome || left <= 1) return outcome;
  }
}

result<void> sql_storage_check::check_host() {
  auto outcome = session_.plain([this](soci::session& sql) -> result<void> {
    if (session_.config().kind == backend::mysql) require_writable(sql);
    // Reads a table: a cluster node without a quorum still answers queries that need none.
    int any = 0;
    sql << "select count(*) from (select 1 from ServerCallStatus limit 1) as rows_there", soci::into(any);
    return {};
  });
  // It answers; somebody else creates its tables later.
  if (!outcome && outcome.error().code == errc::schema_mismatch) return {};
  return outcome;
}

}  // namespace lars::storage
