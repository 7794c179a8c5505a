// The status_store over SQLite and MySQL.
#pragma once

#include <unordered_set>

#include "base/clock.hpp"
#include "storage/sql/session.hpp"
#include "storage/sql/status_statements.hpp"
#include "storage/status_store.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time.
class sql_status_store final : public status_store {
public:
  explicit sql_status_store(const storage_config& config);

  void interrupt() override { session_.interrupt(); }
  result<status_written> write(std::span<const base::agent_id> agents, const decide_status& decide,
                               const keep_refused& keep) override;
  lock_report find_locks(std::span<const base::agent_id> agents) override;

private:
  result<status_written> write_in(soci::session& sql, std::span<const base::agent_id> agents,
                                  const decide_status& decide, const keep_refused& keep);
  result<void> read_schema(soci::session& sql);
  std::vector<agent_progress> lock_progress(soci::session& sql, std::span<const base::agent_id> agents,
                                            std::int64_t now);
  status_written apply(soci::session& sql, const status_plan& plan, std::int64_t now);
  backend kind() const { return session_.config().kind; }

  session session_;
  status_shape shape_;
  std::uint32_t shape_generation_ = 0;         // the session's generation when shape_ was read; 0 = never
  base::time_point read_again_;                // when to look again for tables that `lars migrate` creates
  std::unordered_set<base::agent_id> seeded_;  // agents that have a row in ReportProgress
};

}  // namespace lars::storage
