// The upkeep of CallHistory and ReportProgress: who does it, roll-ups, retention.
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

  // Takes or renews the lease on the upkeep for `lifetime`, by the database's clock, so that of several reporters one
  // does the work. False: another holds it. The lease saves work; correctness does not rest on it.
  virtual result<bool> hold_lease(const base::agent_id& holder, std::chrono::seconds lifetime) = 0;

  // Unix seconds by the database's clock, which rows are placed by.
  virtual result<std::int64_t> now() = 0;

  // The last moment by the database's clock that progress was noted at; 0 = there is none.
  virtual result<std::int64_t> newest_progress() = 0;

  // Notes, for `lifetime`, that `holder` has reason to doubt the database's clock; clock_doubted() tells everybody.
  virtual result<void> doubt_clock(const base::agent_id& holder, std::chrono::seconds lifetime) = 0;
  virtual result<bool> clock_doubted() = 0;

  // Gives the lease up if `holder` has it.
  virtual result<void> release_lease(const base::agent_id& holder) = 0;

  // Moves rows of step `from` into rows of step `to`: the sums are added there and the rows deleted in one transaction,
  // so it may be interrupted or repeated at will and no call is lost or counted twice. Takes one bucket of `to` that
  // ends at or before the Unix second `before`, or a part of it if that has many rows; returns the rows that were
  // moved, 0 = there is nothing left to move. REQUIRES: `to` is a multiple of `from`.
  virtual result<std::size_t> roll_up(std::uint32_t from, std::uint32_t to, std::int64_t before) = 0;

  // Deletes rows of `step` that end at or before `before`, at most some thousands a call; returns how many.
  virtual result<std::size_t> erase_history(std::uint32_t step, std::int64_t before) = 0;

  // Deletes progress that was last noted before `before`, at most some thousands a call; returns how many.
  virtual result<std::size_t> erase_progress(std::int64_t before) = 0;
};

}  // namespace lars::storage
