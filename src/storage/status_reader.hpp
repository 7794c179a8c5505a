// How people and programs read what agents reported.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <vector>

#include "storage/status_row.hpp"

namespace lars::storage {

// One connection. Threads: blocking; one thread at a time. Each answer is one consistent snapshot.
// Errors: those of route_reader; errc::schema_mismatch also where the database is not migrated and lacks the table.
// Rows that hold something else than numbers are left out.
class status_reader {
public:
  virtual ~status_reader() = default;

  // Rows of ServerCallStatus, of one module or of all, by modid, cmdid, ip, port, caller.
  virtual result<std::vector<call_status_row>> statuses(std::optional<route_key> only) = 0;

  // Rows of ServerCallStatus that are not among statuses(), because they hold something else than numbers.
  virtual result<std::uint64_t> unreadable_statuses() = 0;

  // Sums per host over buckets of `step` seconds, of all rows whose own bucket begins in [from, to), by modid, cmdid,
  // ip, port, bucket. Rows of a finer step are added up; what is old enough to be kept in a coarser step than asked for
  // comes in that step (see history_row::step).
  virtual result<std::vector<history_row>> history(std::optional<route_key> only, std::int64_t from, std::int64_t to,
                                                   std::uint32_t step) = 0;

  // The database's clock, Unix seconds.
  virtual result<std::int64_t> now() = 0;

  // Rows that the database server has been given to write since its start (MySQL's Handler_write); nullopt where it
  // does not tell. For measurements.
  virtual result<std::optional<std::uint64_t>> rows_written() = 0;
};

}  // namespace lars::storage
