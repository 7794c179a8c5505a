// The history_store over SQLite and MySQL.
#pragma once

#include "storage/history_store.hpp"
#include "storage/sql/session.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time.
class sql_history_store final : public history_store {
public:
  explicit sql_history_store(const storage_config& config);

  void interrupt() override { session_.interrupt(); }
  result<bool> hold_lease(const base::agent_id& holder, std::chrono::seconds lifetime) override;
  result<std::int64_t> now() override;
  result<std::int64_t> newest_progress() override;
  result<void> doubt_clock(const base::agent_id& holder, std::chrono::seconds lifetime) override;
  result<bool> clock_doubted() override;
  result<void> release_lease(const base::agent_id& holder) override;
  result<std::size_t> roll_up(std::uint32_t from, std::uint32_t to, std::int64_t before) override;
  result<std::size_t> erase_history(std::uint32_t step, std::int64_t before) override;
  result<std::size_t> erase_progress(std::int64_t before) override;

private:
  backend kind() const { return session_.config().kind; }

  session session_;
};

}  // namespace lars::storage
