#include "storage/sql/status_schema.hpp"

#include <soci/soci.h>

#include <string>

#include "storage/sql/schema.hpp"

namespace lars::storage {
namespace {

constexpr const char* missing_table = "the table ServerCallStatus is missing; run `lars migrate`";

integer_column column_of(const std::string& type) {
  if (type.starts_with("bigint")) return integer_column::wide;
  return type.find("unsigned") != std::string::npos ? integer_column::unsigned_32 : integer_column::signed_32;
}

void set_column(status_shape& shape, const std::string& column, integer_column type) {
  if (column == "ip") shape.ip = type;
  if (column == "port") shape.port = type;
  if (column == "caller") shape.caller = type;
  // The narrower of the two decides for both.
  if ((column == "succ_cnt" || column == "err_cnt") && type == integer_column::signed_32) shape.counts = type;
}

result<status_shape> mysql_status_shape(soci::session& sql) {
  status_shape shape;
  int found = 0, tracked = 0;
  std::string table, column, type;
  soci::statement columns =
      (sql.prepare << "select lower(table_name), lower(column_name), lower(column_type) from information_schema.columns"
                      " where table_schema = database() and lower(table_name) in"
                      " ('servercallstatus','callhistory','reportprogress')"
                      " and lower(column_name) in ('ip','port','caller','succ_cnt','err_cnt','latency_15','agent_id')",
       soci::into(table), soci::into(column), soci::into(type));
  columns.execute();
  while (columns.fetch()) {
    if (table == "servercallstatus") {
      ++found;
      set_column(shape, column, column_of(type));
    }
    if ((table == "callhistory" && column == "latency_15") || (table == "reportprogress" && column == "agent_id"))
      ++tracked;
  }
  if (found < 5) return {errc::schema_mismatch, missing_table};
  shape.tracked = tracked == 2;
  shape.statement_bytes = read_statement_bytes(sql, backend::mysql);
  return shape;
}

// SQLite's integers are all wide.
result<status_shape> sqlite_status_shape(soci::session& sql) {
  int status = 0, tracked = 0;
  sql << "select count(*) from sqlite_master where type = 'table' and lower(name) = 'servercallstatus'",
      soci::into(status);
  sql << "select count(*) from sqlite_master where type = 'table' and lower(name) in ('callhistory','reportprogress')",
      soci::into(tracked);
  if (status == 0) return {errc::schema_mismatch, missing_table};
  return status_shape{.tracked = tracked == 2};
}

}  // namespace

result<status_shape> read_status_shape(soci::session& sql, backend kind) {
  return kind == backend::mysql ? mysql_status_shape(sql) : sqlite_status_shape(sql);
}

}  // namespace lars::storage
