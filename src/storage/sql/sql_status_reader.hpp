// The status_reader over SQLite and MySQL.
#pragma once

#include "storage/sql/session.hpp"
#include "storage/status_reader.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time.
class sql_status_reader final : public status_reader {
public:
  explicit sql_status_reader(const storage_config& config);

  result<std::vector<call_status_row>> statuses(std::optional<route_key> only) override;
  result<std::uint64_t> unreadable_statuses() override;
  result<std::vector<history_row>> history(std::optional<route_key> only, std::int64_t from, std::int64_t to,
                                           std::uint32_t step) override;
  result<std::int64_t> now() override;
  result<std::optional<std::uint64_t>> rows_written() override;

private:
  backend kind() const { return session_.config().kind; }

  session session_;
};

}  // namespace lars::storage
