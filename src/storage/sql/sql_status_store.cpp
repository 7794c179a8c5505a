#include "storage/sql/sql_status_store.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <map>
#include <string>

#include "storage/sql/database_clock.hpp"
#include "storage/sql/fault.hpp"
#include "storage/sql/lock_view.hpp"
#include "storage/sql/status_schema.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::seconds schema_interval{10};
constexpr std::size_t most_seeded = 100'000;  // agents in memory; forgetting them costs a statement

// A flush has a bounded size, and none of its statements takes seconds on a healthy database.
constexpr std::chrono::seconds store_patience{10};

// A reporter that is stopped within a flush blocks all others that write rows of the same agents or hosts for this
// long. Between two statements a flush takes less than a tenth of it.
constexpr std::chrono::seconds store_idle{10};

constexpr std::chrono::seconds store_lock_wait{3};

// After some refusals, such as RAISE(ROLLBACK) of a trigger, SQLite has rolled the transaction back, and later
// statements would commit one by one. MySQL undoes only the refused statement.
bool in_transaction(soci::session& sql, backend kind) {
  if (kind == backend::mysql) return true;
  auto* const connection = static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
  return sqlite_api::sqlite3_get_autocommit(connection) == 0;
}

// Writes rows with values from agents. If the database refuses a statement for its values, tries its halves until each
// refused row is alone, and adds those to `refused`. Throws other errors. Returns the number of rows written.
template <class Row, class Build>
std::size_t write_acceptable(soci::session& sql, backend kind, const char* table, std::span<const Row> rows,
                             const Build& build, std::vector<refused_row>& refused) {
  if (rows.empty()) return 0;
  try {
    execute(sql, kind, build(rows));
    return rows.size();
  } catch (const std::exception& exception) {
    const fault found = fault_of(exception, true);
    if (!found.refused || !in_transaction(sql, kind)) throw;
    if (rows.size() == 1) {
      refused.push_back({table, rows.front().key, rows.front().where, build(rows), found.what.detail});
      return 0;
    }
  }
  const std::size_t half = rows.size() / 2;
  const std::size_t first = write_acceptable(sql, kind, table, rows.first(half), build, refused);
  return first + write_acceptable(sql, kind, table, rows.subspan(half), build, refused);
}

template <class Row, class Build>
void write_rows(soci::session& sql, backend kind, std::size_t most, const std::vector<Row>& rows, Build build) {
  in_pieces(std::span<const Row>(rows), most, [&](auto some) { execute(sql, kind, build(some)); });
}

// By the agent's hex form.
std::map<std::string, std::uint64_t> select_progress(soci::session& sql, backend kind, std::size_t most,
                                                     std::span<const base::agent_id> agents) {
  std::map<std::string, std::uint64_t> found;
  in_pieces(agents, most, [&](auto some) {
    std::string agent;
    unsigned long long seq = 0;
    soci::statement rows = (sql.prepare << progress_query(kind, some), soci::into(agent), soci::into(seq));
    rows.execute();
    while (rows.fetch()) found[agent] = seq;
  });
  return found;
}

}  // namespace

sql_status_store::sql_status_store(const storage_config& config)
    : session_(config, {.answer = store_patience,
                        .idle = store_idle,
                        .lock_wait = store_lock_wait,
                        .causal = true,
                        .retry_locked = false}) {}

result<status_written> sql_status_store::write(std::span<const base::agent_id> agents, const decide_status& decide,
                                               const keep_refused& keep) {
  auto done = session_.write([&](soci::session& sql) { return write_in(sql, agents, decide, keep); });
  // Only after the commit: a rollback also undoes the rows that the transaction added.
  if (done && done->tracked) {
    if (seeded_.size() > most_seeded) seeded_.clear();
    seeded_.insert(agents.begin(), agents.end());
  }
  return done;
}

result<status_written> sql_status_store::write_in(soci::session& sql, std::span<const base::agent_id> agents,
                                                  const decide_status& decide, const keep_refused& keep) {
  if (auto read = read_schema(sql); !read) return read.error();
  status_state state;
  state.now = database_time(sql, kind());
  if (shape_.tracked) state.progress = lock_progress(sql, agents, state.now);
  auto written = apply(sql, decide(state), state.now);
  if (!written.refused.empty())
    if (auto kept = keep(written.refused); !kept) return kept.error();
  return written;
}

result<void> sql_status_store::read_schema(soci::session& sql) {
  const bool known = shape_generation_ == session_.generation();
  if (known && (shape_.tracked || base::clock::now() < read_again_)) return {};
  const auto found = read_status_shape(sql, kind());
  if (!found) return found.error();
  if (!known) seeded_.clear();
  shape_ = *found;
  shape_generation_ = session_.generation();
  read_again_ = base::clock::now() + schema_interval;
  return {};
}

// A missing row cannot be locked, only the gap where it would be, and two writers that hold the same gap deadlock. So
// the rows are added first, once for each agent.
std::vector<agent_progress> sql_status_store::lock_progress(soci::session& sql, std::span<const base::agent_id> agents,
                                                            std::int64_t now) {
  const std::size_t most = rows_a_statement(shape_, progress_size);
  std::vector<base::agent_id> fresh;
  for (const auto& agent : agents)
    if (!seeded_.contains(agent)) fresh.push_back(agent);
  const auto seed = [&](auto some) { return progress_seed_statement(kind(), some, now); };
  write_rows(sql, kind(), most, fresh, seed);
  auto found = select_progress(sql, kind(), most, agents);
  // Add rows that somebody deleted meanwhile.
  std::erase_if(fresh = {agents.begin(), agents.end()}, [&](const auto& agent) { return found.contains(agent.hex()); });
  if (!fresh.empty()) {
    write_rows(sql, kind(), most, fresh, seed);
    found = select_progress(sql, kind(), most, agents);
  }
  std::vector<agent_progress> progress;
  progress.reserve(agents.size());
  for (const auto& agent : agents) progress.push_back({agent, found[agent.hex()]});
  return progress;
}

lock_report sql_status_store::find_locks(std::span<const base::agent_id> agents) {
  lock_report found;
  if (kind() != backend::mysql) return found;
  agents = agents.first(std::min(agents.size(), rows_a_status_statement));
  if (auto locked = session_.write([&](soci::session& sql) { return find_locked_progress(sql, agents); }))
    found.agents = *std::move(locked);
  if (auto holder = session_.plain([](soci::session& sql) { return find_lock_holder(sql); }))
    found.holder = *std::move(holder);
  return found;
}

status_written sql_status_store::apply(soci::session& sql, const status_plan& plan, std::int64_t now) {
  status_written written{.rows = 0, .tracked = shape_.tracked, .refused = {}};
  const auto write = [&]<class Row>(const char* table, statement_size size, const std::vector<Row>& rows,
                                    const auto& build) {
    in_pieces(std::span<const Row>(rows), rows_a_statement(shape_, size),
              [&](auto some) { written.rows += write_acceptable(sql, kind(), table, some, build, written.refused); });
  };
  const auto status = [&](status_rule rule) {
    return [this, rule, now](auto some) { return call_status_statement(kind(), shape_, some, rule, now); };
  };
  write("ServerCallStatus", call_status_size, plan.overwrites, status(status_rule::always));
  write("ServerCallStatus", call_status_size, plan.updates, status(status_rule::unless_newer));
  if (!shape_.tracked) return written;
  write("CallHistory", history_size, plan.history, [this](auto some) { return history_statement(kind(), some); });
  write_rows(sql, kind(), rows_a_statement(shape_, progress_size), plan.progress,
             [&](auto some) { return progress_statement(kind(), some, now); });
  return written;
}

}  // namespace lars::storage
