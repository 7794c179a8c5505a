// Maintains CallHistory and ReportProgress: roll-ups, retention, and the lease that says which reporter does it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>

#include "base/agent_id.hpp"
#include "storage/status_row.hpp"

namespace lars::storage {

// One connection. Threads: blocking; one thread at a time. It connects on first use and again after a loss.
// Errors: those of status_store; errc::schema_mismatch where the database has none of these tables.
class history_store {
public:
  virtual ~history_store() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() {}

  // Takes or renews the maintenance lease for `lifetime`, by the database's clock, so that one of several reporters
  // does the work. False: another holds it. The lease only saves work; correctness does not depend on it.
  virtual result<bool> hold_lease(const base::agent_id& holder, std::chrono::seconds lifetime) = 0;

  // Unix seconds by the database's clock, which the buckets of rows are computed from.
  virtual result<std::int64_t> now() = 0;

  // When progress was last written, in Unix seconds by the database's clock; 0 = never.
  virtual result<std::int64_t> newest_progress() = 0;

  // Records for `lifetime` that `holder` doubts the database's clock. All reporters see it in clock_doubted().
  virtual result<void> doubt_clock(const base::agent_id& holder, std::chrono::seconds lifetime) = 0;
  virtual result<bool> clock_doubted() = 0;

  // Releases the lease if `holder` has it.
  virtual result<void> release_lease(const base::agent_id& holder) = 0;

  // Moves rows of step `from` into rows of step `to`. One transaction adds the sums and deletes the rows, so a call may
  // be interrupted or repeated and no call is lost or counted twice. Each call handles one bucket of `to` that ends at
  // or before the Unix second `before`, or a part of it if that has many rows. Returns the number of rows moved,
  // 0 = none are left. REQUIRES: `to` is a multiple of `from`.
  virtual result<std::size_t> roll_up(std::uint32_t from, std::uint32_t to, std::int64_t before) = 0;

  // Deletes rows of `step` that end at or before `before`, at most some thousands a call; returns how many.
  virtual result<std::size_t> erase_history(std::uint32_t step, std::int64_t before) = 0;

  // Deletes progress last written before `before`, at most some thousands of rows a call; returns how many.
  virtual result<std::size_t> erase_progress(std::int64_t before) = 0;
};

}  // namespace lars::storage
