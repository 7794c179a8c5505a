#include "storage/sql/route_writer.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "storage/sql/database_clock.hpp"
#include "storage/sql/session.hpp"

namespace lars::storage {
namespace {

// Statements of many rows are many times faster than a prepared statement for each row, which SOCI's MySQL backend
// sends one by one.
constexpr std::size_t most_rows = 1000;
constexpr long expired_at_once = 5000;
constexpr std::chrono::seconds change_age = std::chrono::hours(24);  // after it every dns has seen a change row
constexpr int newest_kept = 256;  // change rows, by id, that a dns reads again at each poll

// The zones of one statement: each different zone is bound once, under its own name.
class bound_zones {
public:
  // The placeholder of the zone in the statement. REQUIRES: `zone` lives until run() returns.
  std::string placeholder(const std::string& zone) {
    if (zone.empty()) return "''";
    return ":z" + std::to_string(numbers_.emplace(zone, numbers_.size()).first->second);
  }

  void run(soci::session& sql, const std::string& text) {
    soci::statement statement(sql);
    for (const auto& [zone, number] : numbers_) statement.exchange(soci::use(zone, "z" + std::to_string(number)));
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute(true);
  }

private:
  std::map<std::string, std::size_t> numbers_;
};

std::size_t ids_a_statement(const schema_shape& shape) { return values_a_statement(shape, id_bytes, most_rows); }

std::string state_text(host_state state) { return std::to_string(static_cast<int>(state)); }

}  // namespace

// Read the clock after the lock: the versions of earlier writers are then not later than ours.
void route_writer::lock_version() {
  const std::int64_t version = read_version();
  now_ = database_time(sql_, kind_);
  next_version_ = std::max(now_, version + 1);
}

std::int64_t route_writer::read_version() {
  // SQLite's write transaction locks the whole database already.
  const std::string query =
      std::string("select version from RouteVersion where id = 1") + (kind_ == backend::mysql ? " for update" : "");
  long long version = 0;
  sql_ << query, soci::into(version);
  if (sql_.got_data()) return version;
  execute(sql_, kind_, "insert into RouteVersion (id, version) values (1, 0)");
  return 0;
}

void route_writer::apply(const route_plan& plan) {
  erase(plan.removals);
  update(plan.updates);
  insert(plan.inserts);
}

void route_writer::insert(std::span<const route_row> rows) {
  in_pieces(rows, values_a_statement(shape_, route_row_bytes, most_rows), [&](std::span<const route_row> some) {
    std::string text = std::string("insert into RouteData (modid, cmdid, serverip, serverport") +
                       (shape_.extended ? ", weight, zone, state) values " : ") values ");
    bound_zones zones;
    for (const route_row& row : some) {
      if (text.back() == ')') text += ',';
      text += "(" + id_literal(row.key.modid, shape_.unsigned_routes) + "," +
              id_literal(row.key.cmdid, shape_.unsigned_routes) + "," + std::to_string(row.target.where.ip) + "," +
              std::to_string(row.target.where.port);
      if (shape_.extended)
        text += "," + std::to_string(row.target.weight) + "," + zones.placeholder(row.target.zone) + "," +
                state_text(row.target.state);
      text += ")";
    }
    zones.run(sql_, text);
  });
}

// One statement updates all rows that get the same values.
void route_writer::update(std::span<const route_row> rows) {
  std::map<std::tuple<std::uint32_t, host_state, std::string>, std::vector<std::uint64_t>> same;
  for (const route_row& row : rows) same[{row.target.weight, row.target.state, row.target.zone}].push_back(row.id);
  for (const auto& [values, ids] : same) {
    const auto& [weight, state, zone] = values;
    in_pieces(std::span<const std::uint64_t>(ids), ids_a_statement(shape_),
              [&, w = weight, s = state, &z = zone](auto some) {
                bound_zones zones;
                const std::string head = "update RouteData set weight = " + std::to_string(w) +
                                         ", state = " + state_text(s) + ", zone = " + zones.placeholder(z);
                zones.run(sql_, head + " where id in (" + id_list(some) + ")");
              });
  }
}

void route_writer::erase(std::span<const std::uint64_t> ids) {
  in_pieces(ids, ids_a_statement(shape_),
            [&](auto some) { execute(sql_, kind_, "delete from RouteData where id in (" + id_list(some) + ")"); });
}

void route_writer::announce(std::span<const route_key> modules) {
  expire_changes();
  const std::string number = std::to_string(next_version_);
  in_pieces(modules, values_a_statement(shape_, change_row_bytes, most_rows), [&](std::span<const route_key> some) {
    std::string text = "insert into RouteChange (modid, cmdid, version) values ";
    for (const route_key& key : some) {
      if (text.back() == ')') text += ',';
      text += "(" + id_literal(key.modid, shape_.unsigned_changes) + "," +
              id_literal(key.cmdid, shape_.unsigned_changes) + "," + number + ")";
    }
    execute(sql_, kind_, text);
  });
  execute(sql_, kind_, "update RouteVersion set version = " + number + " where id = 1");
}

// Deletes some thousands of rows at a time. A version is usually the time of the change. Versions in the future come
// from a clock that was wrong once and count up by one since, so they are compared with the next version instead. The
// newest rows always stay, as a dns may not have seen them. The rows are found first and deleted by key: a delete by
// condition would lock the gaps that other programs insert into.
void route_writer::expire_changes() {
  const auto age = change_age.count();
  const std::string is_old = "version < " + std::to_string(now_ - age) + " or (version > " +
                             std::to_string(now_ + age) + " and version < " + std::to_string(next_version_ - age) + ")";
  std::vector<std::uint64_t> ids;
  long long id = 0;
  {
    soci::statement old =
        (sql_.prepare << "select id from RouteChange where (" + is_old + ") and id + " + std::to_string(newest_kept) +
                             " <= (select max(id) from RouteChange) order by version limit " +
                             std::to_string(expired_at_once),
         soci::into(id));
    old.execute();
    while (old.fetch()) ids.push_back(static_cast<std::uint64_t>(id));
  }
  in_pieces(std::span<const std::uint64_t>(ids), ids_a_statement(shape_),
            [&](auto some) { execute(sql_, kind_, "delete from RouteChange where id in (" + id_list(some) + ")"); });
}

}  // namespace lars::storage
