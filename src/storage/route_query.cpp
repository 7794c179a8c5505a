#include "storage/route_query.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace lars::storage {
namespace {

constexpr std::size_t keys_a_statement = 300;

// A row as a database gives it, wide enough for any column.
struct raw_row {
  std::uint64_t id = 0;
  long long modid = 0, cmdid = 0, ip = 0, port = 0, weight = 0, state = 0;
};

std::int32_t low_signed(long long number) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(number)); }

void fill(route_row& row, const raw_row& raw) {
  row.id = raw.id;
  row.key = {low_signed(raw.modid), low_signed(raw.cmdid)};
  row.target.where = {static_cast<std::uint32_t>(raw.ip), static_cast<std::uint32_t>(raw.port)};
  row.target.weight = static_cast<std::uint32_t>(std::clamp<long long>(raw.weight, 0, max_weight));
  const bool known = raw.state >= 0 && raw.state <= static_cast<long long>(host_state::down);
  row.target.state = known ? static_cast<host_state>(raw.state) : host_state::down;
}

struct free_result {
  void operator()(MYSQL_RES* answer) const { mysql_free_result(answer); }
};

// SOCI keeps a whole answer in memory and turns every value into one of its own first. This reads rows as they arrive,
// twice as fast and in constant memory; freeing the answer takes unread rows off the connection.
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
    const auto number = [&](int column) { return text[column] ? std::strtoll(text[column], nullptr, 10) : 0; };
    const std::uint64_t id = text[0] ? std::strtoull(text[0], nullptr, 10) : 0;
    fill(row, {id, number(1), number(2), number(3), number(4), number(5), number(6)});
    row.zone.assign(text[7] ? text[7] : "", text[7] ? mysql_fetch_lengths(answer.get())[7] : 0);
    each(row);
  }
  check(mysql_errno(connection) == 0);
}

void each_sqlite_route(soci::session& sql, const std::string& query, const std::function<void(route_row&)>& each) {
  raw_row raw;
  long long id = 0;
  route_row row;
  soci::statement rows =
      (sql.prepare << query, soci::into(id), soci::into(raw.modid), soci::into(raw.cmdid), soci::into(raw.ip),
       soci::into(raw.port), soci::into(raw.weight), soci::into(raw.state), soci::into(row.zone));
  rows.execute();
  while (rows.fetch()) {
    raw.id = static_cast<std::uint64_t>(id);
    fill(row, raw);
    each(row);
  }
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
    const auto some = keys.first(std::min(keys.size(), keys_a_statement));
    keys = keys.subspan(some.size());
    each_route(sql, kind, shape, "where " + keys_condition(some, shape.extended),
               [&](route_row& row) { rows.push_back(row); });
  }
  return rows;
}

}  // namespace lars::storage
