#include "storage/sql/route_query.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "storage/route_check.hpp"

namespace lars::storage {
namespace {

struct free_result {
  void operator()(MYSQL_RES* answer) const { mysql_free_result(answer); }
};

// SOCI stores the whole answer and converts every value first. This reads rows as they arrive, twice as fast and in
// constant memory. Freeing the answer reads the remaining rows off the connection.
void each_mysql_route(soci::session& sql, const std::string& query, const std::function<void(route_row&)>& each) {
  MYSQL* connection = static_cast<soci::mysql_session_backend*>(sql.get_backend())->conn_;
  const auto check = [&](bool good) {
    if (!good) throw soci::mysql_soci_error(mysql_error(connection), mysql_errno(connection));
  };
  check(mysql_real_query(connection, query.data(), static_cast<unsigned long>(query.size())) == 0);
  const std::unique_ptr<MYSQL_RES, free_result> answer(mysql_use_result(connection));
  check(answer != nullptr);
  route_row row;
  while (MYSQL_ROW text = mysql_fetch_row(answer.get())) {
    // Text in a numeric column counts as the number that the database would convert it to.
    const auto number = [&](int column) {
      return text[column] ? std::optional(std::strtoll(text[column], nullptr, 10)) : std::nullopt;
    };
    const std::string_view zone(text[7] ? text[7] : "", text[7] ? mysql_fetch_lengths(answer.get())[7] : 0);
    const std::uint64_t id = text[0] ? std::strtoull(text[0], nullptr, 10) : 0;
    read_route({id, number(1), number(2), number(3), number(4), number(5), number(6), zone}, row);
    each(row);
  }
  check(mysql_errno(connection) == 0);
}

struct end_statement {
  void operator()(sqlite_api::sqlite3_stmt* statement) const { sqlite_api::sqlite3_finalize(statement); }
};

// A column of SQLite can hold any type, whatever its declaration.
std::optional<long long> sqlite_number(sqlite_api::sqlite3_stmt* row, int column) {
  switch (sqlite_api::sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      return sqlite_api::sqlite3_column_int64(row, column);
    case SQLITE3_TEXT: {
      const auto* const text = reinterpret_cast<const char*>(sqlite_api::sqlite3_column_text(row, column));
      const char* const end = text + sqlite_api::sqlite3_column_bytes(row, column);
      long long value = 0;
      const auto [stop, failure] = std::from_chars(text, end, value);
      return failure == std::errc() && stop == end ? std::optional(value) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void each_sqlite_route(soci::session& sql, const std::string& query, const std::function<void(route_row&)>& each) {
  sqlite_api::sqlite3* connection = static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
  const auto check = [&](int code, int expected) {
    if (code != expected) throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(connection), code);
  };
  sqlite_api::sqlite3_stmt* prepared = nullptr;
  check(sqlite_api::sqlite3_prepare_v2(connection, query.data(), static_cast<int>(query.size()), &prepared, nullptr),
        SQLITE_OK);
  const std::unique_ptr<sqlite_api::sqlite3_stmt, end_statement> statement(prepared);
  route_row row;
  int code = 0;
  while ((code = sqlite_api::sqlite3_step(prepared)) == SQLITE_ROW) {
    const auto number = [prepared](int column) { return sqlite_number(prepared, column); };
    // Modules are selected by number, which does not match text.
    const auto key = [prepared](int column) {
      const bool whole = sqlite_api::sqlite3_column_type(prepared, column) == SQLITE_INTEGER;
      return whole ? sqlite_number(prepared, column) : std::nullopt;
    };
    const auto* const text = reinterpret_cast<const char*>(sqlite_api::sqlite3_column_text(prepared, 7));
    const std::string_view zone(text ? text : "",
                                static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(prepared, 7)));
    const auto id = static_cast<std::uint64_t>(sqlite_api::sqlite3_column_int64(prepared, 0));
    read_route({id, key(1), key(2), number(3), number(4), number(5), number(6), zone}, row);
    each(row);
  }
  check(code, SQLITE_DONE);
}

}  // namespace

void each_route(soci::session& sql, backend kind, const schema_shape& shape, const std::string& tail,
                const std::function<void(route_row&)>& each) {
  const std::string query = "select " + row_columns(shape) + " from RouteData " + tail;
  if (kind == backend::mysql) return each_mysql_route(sql, query, each);
  each_sqlite_route(sql, query, each);
}

std::vector<route_row> routes_of(soci::session& sql, backend kind, const schema_shape& shape,
                                 std::span<const route_key> keys) {
  std::vector<route_row> rows;
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), values_a_statement(shape, key_bytes, keys_a_statement)));
    keys = keys.subspan(some.size());
    each_route(sql, kind, shape, "where " + keys_condition(some, shape.extended),
               [&](route_row& row) { rows.push_back(row); });
  }
  return rows;
}

}  // namespace lars::storage
