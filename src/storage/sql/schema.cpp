#include "storage/sql/schema.hpp"

#include <soci/soci.h>

#include <algorithm>

namespace lars::storage {
namespace {

// Our tables in lower case, as some servers store all names.
constexpr const char* our_tables =
    "('routedata','routeversion','routechange','servercallstatus','modidconfig','cmdidconfig','larsschema')";

std::string tables_query(backend kind) {
  if (kind == backend::mysql)
    return std::string("select lower(table_name) from information_schema.tables where table_schema = database() and ") +
           "lower(table_name) in " + our_tables;
  return std::string("select lower(name) from sqlite_master where type = 'table' and lower(name) in ") + our_tables;
}

// Whether a column of RouteData may hold values that ours cannot.
bool is_loose(const std::string& column, const std::string& type, const std::string& nullable) {
  if (nullable == "YES") return true;
  if (column == "zone") return false;
  const bool has_no_sign = type.find("unsigned") != std::string::npos;
  if (column == "weight" || column == "state") return !has_no_sign;
  const bool wide = type.starts_with("bigint") || type.find("int") == std::string::npos;
  return (column == "modid" || column == "cmdid") && wide;
}

schema_shape mysql_shape(soci::session& sql) {
  schema_shape shape{.extended = false, .settings = false};
  std::string table, column, type, nullable;
  soci::statement columns =
      (sql.prepare << "select lower(table_name), lower(column_name), lower(column_type), is_nullable"
                      " from information_schema.columns"
                      " where table_schema = database() and lower(table_name) in"
                      " ('routedata','routechange','modulesettings') and lower(column_name) in"
                      " ('modid','cmdid','serverip','serverport','weight','zone','state','settings')",
       soci::into(table), soci::into(column), soci::into(type), soci::into(nullable));
  columns.execute();
  while (columns.fetch()) {
    const bool has_no_sign = type.find("unsigned") != std::string::npos;
    if (table == "routechange" && column == "modid") shape.unsigned_changes = has_no_sign;
    if (table == "routedata" && column == "modid") shape.unsigned_routes = has_no_sign;
    // The last of the three columns that the migration adds.
    if (table == "routedata" && column == "state") shape.extended = true;
    if (table == "modulesettings" && column == "settings") shape.settings = true;
    if (table == "routedata" && is_loose(column, type, nullable)) shape.loose = true;
  }
  shape.statement_bytes = read_statement_bytes(sql, backend::mysql);
  return shape;
}

schema_shape sqlite_shape(soci::session& sql) {
  int added = 0, settings = 0;
  sql << "select (select count(*) from pragma_table_info('RouteData') where lower(name) = 'state'),"
         " (select count(*) from pragma_table_info('ModuleSettings') where lower(name) = 'settings')",
      soci::into(added), soci::into(settings);
  return {.extended = added != 0, .settings = settings != 0};
}

}  // namespace

schema_shape read_shape(soci::session& sql, backend kind) {
  return kind == backend::mysql ? mysql_shape(sql) : sqlite_shape(sql);
}

std::size_t read_statement_bytes(soci::session& sql, backend kind) {
  if (kind == backend::sqlite) return longest_statement;
  unsigned long long packet = 0;
  sql << "select @@max_allowed_packet", soci::into(packet);
  // After a longer statement the server closes the connection without an error.
  return std::min<std::size_t>(packet, longest_statement);
}

schema_history read_history(soci::session& sql, backend kind) {
  schema_history history;
  bool migrated = false;
  {
    std::string table;
    soci::statement tables = (sql.prepare << tables_query(kind), soci::into(table));
    tables.execute();
    while (tables.fetch()) {
      if (table == "larsschema") {
        migrated = true;
      } else {
        history.empty = false;
      }
    }
  }
  if (!migrated) return history;
  int number = 0;
  soci::statement rows = (sql.prepare << "select number from LarsSchema", soci::into(number));
  rows.execute();
  while (rows.fetch()) history.applied.insert(number);
  if (history.applied.contains(filling_number)) history.empty = true;
  return history;
}

error not_migrated() {
  return {errc::schema_mismatch, "it lacks tables or columns that this needs; run `lars migrate`"};
}

schema_verdict judge(const schema_history& history) {
  if (!history.applied.empty() && *history.applied.rbegin() > newest_migration) return schema_verdict::newer;
  for (int number = 1; number <= newest_migration; ++number)
    if (!history.applied.contains(number)) return schema_verdict::older;
  return schema_verdict::current;
}

}  // namespace lars::storage
