// Reads what agents reported.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <vector>

#include "storage/status_row.hpp"

namespace lars::storage {

// One connection. Threads: blocking; one thread at a time. Each answer is one consistent snapshot.
// Errors: those of route_reader; errc::schema_mismatch also where the database is not migrated and lacks the table.
// Leaves out rows with a column that does not hold a number.
class status_reader {
public:
  virtual ~status_reader() = default;

  // Rows of ServerCallStatus, of one module or of all, by modid, cmdid, ip, port, caller.
  virtual result<std::vector<call_status_row>> statuses(std::optional<route_key> only) = 0;

  // Counts the rows of ServerCallStatus that statuses() leaves out.
  virtual result<std::uint64_t> unreadable_statuses() = 0;

  // Sums per host over buckets of `step` seconds, of all rows whose own bucket begins in [from, to), by modid, cmdid,
  // ip, port, bucket. Rows of a finer step are added up. Older rows that are kept in a coarser step than `step` are
  // returned in that step (see history_row::step).
  virtual result<std::vector<history_row>> history(std::optional<route_key> only, std::int64_t from, std::int64_t to,
                                                   std::uint32_t step) = 0;

  // The database's clock, Unix seconds.
  virtual result<std::int64_t> now() = 0;

  // Rows that the database server has written since its start (MySQL's Handler_write); nullopt if it does not count
  // them. For measurements.
  virtual result<std::optional<std::uint64_t>> rows_written() = 0;
};

}  // namespace lars::storage
