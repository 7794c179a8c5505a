#include "storage/sql/sql_history_store.hpp"

#include <soci/soci.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "storage/sql/database_clock.hpp"
#include "storage/sql/history_statements.hpp"
#include "storage/sql/schema.hpp"
#include "storage/sql/status_statements.hpp"

namespace lars::storage {
namespace {

constexpr std::uint64_t rows_a_piece = 20'000;
constexpr std::size_t erased_at_once = 5'000;
constexpr const char* lease_name = "'history'";
constexpr const char* doubt_name = "'clock doubted'";  // a lease that any reporter may renew

// A piece of a roll-up takes well under a second; scanning a table that was not maintained for long takes longer.
constexpr std::chrono::seconds history_patience{30};

// A process that is stopped within a piece blocks reporters that write rows of the same hosts for this long.
constexpr std::chrono::seconds history_idle{10};

std::optional<std::int64_t> oldest_bucket(soci::session& sql, std::uint32_t step) {
  long long bucket = 0;
  soci::indicator known = soci::i_null;
  sql << "SELECT MIN(bucket) FROM CallHistory WHERE step = " + std::to_string(step), soci::into(bucket, known);
  if (known != soci::i_ok) return std::nullopt;
  return bucket;
}

std::vector<std::pair<std::int32_t, std::uint64_t>> rows_by_modid(soci::session& sql, const history_range& range) {
  std::vector<std::pair<std::int32_t, std::uint64_t>> counts;
  int modid = 0;
  long long rows = 0;
  soci::statement groups = (sql.prepare << modules_query(range), soci::into(modid), soci::into(rows));
  groups.execute();
  while (groups.fetch()) counts.emplace_back(modid, static_cast<std::uint64_t>(rows));
  return counts;
}

// Limits the range to what one transaction handles: sets `first` and `last` and returns the number of rows, 0 = none.
std::uint64_t choose_piece(soci::session& sql, history_range& range) {
  const auto counts = rows_by_modid(sql, range);
  if (counts.empty()) return 0;
  std::tie(range.first, range.last) = first_piece(counts, rows_a_piece);
  std::uint64_t rows = 0;
  for (const auto& [modid, count] : counts)
    if (modid <= range.last) rows += count;
  return rows;
}

// Rounds down, also for times before 1970.
std::int64_t bucket_of(std::int64_t time, std::int64_t step) {
  const std::int64_t rest = time % step;
  return time - (rest < 0 ? rest + step : rest);
}

}  // namespace

sql_history_store::sql_history_store(const storage_config& config)
    : session_(config, {.answer = history_patience, .idle = history_idle, .causal = true}) {}

result<bool> sql_history_store::hold_lease(const base::agent_id& holder, std::chrono::seconds lifetime) {
  return session_.write([&](soci::session& sql) -> result<bool> {
    const std::string me = "'" + holder.hex() + "'", clock = clock_of(kind());
    const std::string until = clock + " + " + std::to_string(lifetime.count());
    execute(sql, kind(),
            std::string(kind() == backend::mysql ? "INSERT IGNORE" : "INSERT OR IGNORE") +
                " INTO LarsLease (name, holder, expires) VALUES (" + lease_name + ", '', 0)");
    execute(sql, kind(),
            std::string("UPDATE LarsLease SET holder = ") + me + ", expires = " + until +
                " WHERE name = " + lease_name + " AND (holder = " + me + " OR expires <= " + clock + ")");
    std::string found;
    sql << std::string("SELECT holder FROM LarsLease WHERE name = ") + lease_name, soci::into(found);
    return found == holder.hex();
  });
}

result<std::int64_t> sql_history_store::now() {
  return session_.plain([&](soci::session& sql) -> result<std::int64_t> { return database_time(sql, kind()); });
}

result<std::int64_t> sql_history_store::newest_progress() {
  return session_.plain([](soci::session& sql) -> result<std::int64_t> {
    long long seconds = 0;
    sql << "SELECT COALESCE(MAX(updated), 0) FROM ReportProgress", soci::into(seconds);
    return std::int64_t{seconds};
  });
}

result<void> sql_history_store::doubt_clock(const base::agent_id& holder, std::chrono::seconds lifetime) {
  return session_.write([&](soci::session& sql) -> result<void> {
    execute(sql, kind(),
            std::string("REPLACE INTO LarsLease (name, holder, expires) VALUES (") + doubt_name + ", '" + holder.hex() +
                "', " + clock_of(kind()) + " + " + std::to_string(lifetime.count()) + ")");
    return {};
  });
}

result<bool> sql_history_store::clock_doubted() {
  return session_.plain([&](soci::session& sql) -> result<bool> {
    int doubts = 0;
    sql << std::string("SELECT COUNT(*) FROM LarsLease WHERE name = ") + doubt_name + " AND expires > " +
               clock_of(kind()),
        soci::into(doubts);
    return doubts > 0;
  });
}

result<void> sql_history_store::release_lease(const base::agent_id& holder) {
  return session_.write([&](soci::session& sql) -> result<void> {
    execute(sql, kind(),
            std::string("UPDATE LarsLease SET expires = 0 WHERE name = ") + lease_name + " AND holder = '" +
                holder.hex() + "'");
    return {};
  });
}

result<std::size_t> sql_history_store::roll_up(std::uint32_t from, std::uint32_t to, std::int64_t before) {
  return session_.write([&](soci::session& sql) -> result<std::size_t> {
    const auto oldest = oldest_bucket(sql, from);
    if (!oldest) return std::size_t{0};
    const std::int64_t begin = bucket_of(*oldest, to);
    if (begin + to > before) return std::size_t{0};
    history_range range{from, begin, begin + to, 0, 0};
    const std::uint64_t rows = choose_piece(sql, range);
    if (rows == 0) return std::size_t{0};
    // Both statements see the same rows: the rows that are read, and the gaps between them, are locked until the
    // commit. What another writer adds meanwhile is moved next time.
    execute(sql, kind(), roll_up_statement(kind(), range, to));
    execute(sql, kind(), erase_statement(range));
    return static_cast<std::size_t>(rows);
  });
}

result<std::size_t> sql_history_store::erase_history(std::uint32_t step, std::int64_t before) {
  return session_.write([&](soci::session& sql) -> result<std::size_t> {
    const auto oldest = oldest_bucket(sql, step);
    if (!oldest || *oldest + step > before) return std::size_t{0};
    history_range range{step, *oldest, *oldest + 1, 0, 0};
    const std::uint64_t rows = choose_piece(sql, range);
    if (rows > 0) execute(sql, kind(), erase_statement(range));
    return static_cast<std::size_t>(rows);
  });
}

// Finds the rows first and deletes them by key: a delete by condition would lock the gaps for rows of new agents.
result<std::size_t> sql_history_store::erase_progress(std::int64_t before) {
  return session_.write([&](soci::session& sql) -> result<std::size_t> {
    std::vector<base::agent_id> found;
    std::string agent;
    {
      soci::statement rows =
          (sql.prepare << "SELECT agent_id FROM ReportProgress WHERE updated < " + std::to_string(before) +
                              " ORDER BY updated LIMIT " + std::to_string(erased_at_once),
           soci::into(agent));
      rows.execute();
      // Only valid ids go into a statement.
      while (rows.fetch())
        if (const auto id = base::agent_id::from_hex(agent)) found.push_back(*id);
    }
    const std::size_t most = values_a_statement(read_statement_bytes(sql, kind()), progress_size, erased_at_once);
    in_pieces(std::span<const base::agent_id>(found), most,
              [&](auto some) { execute(sql, kind(), erase_progress_statement(some, before)); });
    return found.size();
  });
}

}  // namespace lars::storage
