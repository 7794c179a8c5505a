#include "storage/sql_status_store.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <string>

#include "storage/status_schema.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::seconds look_interval{10};
constexpr std::size_t most_seeded = 100'000;  // remembered agents; forgetting them costs a statement

// A flush is bounded, and no statement of it takes seconds on a database that is well.
constexpr std::chrono::seconds answer_patience{10};

template <class Row, class Build>
std::size_t write_rows(soci::session& sql, backend kind, const std::vector<Row>& rows, Build build) {
  std::span<const Row> left(rows);
  while (!left.empty()) {
    const auto some = left.first(std::min(left.size(), rows_a_status_statement));
    left = left.subspan(some.size());
    execute(sql, kind, build(some));
  }
  return rows.size();
}

// By the agent's hex form.
std::map<std::string, std::uint64_t> select_progress(soci::session& sql, backend kind,
                                                     std::span<const base::agent_id> agents) {
  std::map<std::string, std::uint64_t> found;
  while (!agents.empty()) {
    const auto some = agents.first(std::min(agents.size(), rows_a_status_statement));
    agents = agents.subspan(some.size());
    std::string agent;
    unsigned long long seq = 0;
    soci::statement rows = (sql.prepare << progress_query(kind, some), soci::into(agent), soci::into(seq));
    rows.execute();
    while (rows.fetch()) found[agent] = seq;
  }
  return found;
}

}  // namespace

std::unique_ptr<status_store> open_status_store(const storage_config& config) {
  return std::make_unique<sql_status_store>(config);
}

sql_status_store::sql_status_store(const storage_config& config) : session_(config, {.answer = answer_patience}) {}

result<status_written> sql_status_store::write(std::span<const base::agent_id> agents, const decide_status& decide) {
  auto done = session_.write([&](soci::session& sql) { return write_in(sql, agents, decide); });
  // Only now: what a transaction had seeded that was rolled back, once or for good, was taken back with it.
  if (done && done->tracked) {
    if (seeded_.size() > most_seeded) seeded_.clear();
    seeded_.insert(agents.begin(), agents.end());
  }
  return done;
}

result<status_written> sql_status_store::write_in(soci::session& sql, std::span<const base::agent_id> agents,
                                                  const decide_status& decide) {
  if (auto known = look_at_schema(sql); !known) return known.error();
  const std::int64_t now = base::unix_seconds();
  std::optional<std::vector<agent_progress>> progress;
  if (shape_.tracked) progress = lock_progress(sql, agents, now);
  const status_plan plan = decide(progress);
  return status_written{apply(sql, plan, now), shape_.tracked};
}

result<void> sql_status_store::look_at_schema(soci::session& sql) {
  const bool known = looked_generation_ == session_.generation();
  if (known && (shape_.tracked || base::clock::now() < look_again_)) return {};
  const auto found = read_status_shape(sql, kind());
  if (!found) return found.error();
  if (!known) seeded_.clear();
  shape_ = *found;
  looked_generation_ = session_.generation();
  look_again_ = base::clock::now() + look_interval;
  return {};
}

// A row that is not there cannot be locked, only the gap where it would be, and two writers that each hold the gap wait
// for each other. So rows are made first, once for each agent.
std::vector<agent_progress> sql_status_store::lock_progress(soci::session& sql, std::span<const base::agent_id> agents,
                                                            std::int64_t now) {
  std::vector<base::agent_id> fresh;
  for (const auto& agent : agents)
    if (!seeded_.contains(agent)) fresh.push_back(agent);
  const auto seed = [&](auto some) { return progress_seed_statement(kind(), some, now); };
  write_rows(sql, kind(), fresh, seed);
  auto found = select_progress(sql, kind(), agents);
  // Somebody deleted rows that were there.
  std::erase_if(fresh = {agents.begin(), agents.end()}, [&](const auto& agent) { return found.contains(agent.hex()); });
  if (!fresh.empty()) {
    write_rows(sql, kind(), fresh, seed);
    found = select_progress(sql, kind(), agents);
  }
  std::vector<agent_progress> progress;
  progress.reserve(agents.size());
  for (const auto& agent : agents) progress.push_back({agent, found[agent.hex()]});
  return progress;
}

std::size_t sql_status_store::apply(soci::session& sql, const status_plan& plan, std::int64_t now) {
  const auto status = [&](const std::vector<call_status_row>& rows, status_rule rule) {
    return write_rows(sql, kind(), rows,
                      [&](auto some) { return call_status_statement(kind(), shape_, some, rule, now); });
  };
  std::size_t rows = status(plan.overwrites, status_rule::always) + status(plan.updates, status_rule::unless_newer);
  if (!shape_.tracked) return rows;
  rows += write_rows(sql, kind(), plan.history, [&](auto some) { return history_statement(kind(), some); });
  write_rows(sql, kind(), plan.progress, [&](auto some) { return progress_statement(kind(), some, now); });
  return rows;
}

}  // namespace lars::storage
