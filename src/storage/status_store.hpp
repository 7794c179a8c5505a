// How a reporter writes what agents tell it: whole flushes, each one transaction.
#pragma once

#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/status_row.hpp"

namespace lars::storage {

// What a flush came to.
struct status_written {
  std::size_t rows = 0;  // rows that the database took, over all tables, progress left out
  bool tracked = false;  // the database has CallHistory and ReportProgress: history was added and progress noted
  std::vector<refused_row> refused;  // rows that it did not take; they were kept elsewhere
};

// What a flush is decided by, read under the transaction's locks.
struct status_state {
  // Exactly one entry for each agent asked for, in the order asked, 0 where nothing of it was ever applied. nullopt:
  // the database is that of programs already in the field and has no place for history and progress (both are then left
  // out of what is written).
  std::optional<std::vector<agent_progress>> progress;
  std::int64_t now = 0;  // Unix seconds by the database's clock
};

// Who holds what a flush waited for, as far as the database tells.
struct lock_report {
  std::vector<base::agent_id> agents;  // whose progress another transaction holds; not where the server cannot tell
  std::string holder;  // the connection whose transaction has held locks for longest; empty where that may not be seen
};

// Decides what to write. Called anew for each attempt, so it must compute everything from its argument.
using decide_status = std::function<status_plan(const status_state&)>;

// Keeps rows that the database refused, before the rest is committed. An error undoes the transaction: a refused row is
// never dropped. Called anew for each attempt; an attempt may still fail after it.
using keep_refused = std::function<result<void>(std::span<const refused_row>)>;

// One connection. Threads: blocking; one thread at a time. It connects on first use and again after a loss.
// Errors: whatever the code, the same flush is to be written again, whole (nothing may have been written, or all of it:
// the next attempt sees by the progress which): errc::unavailable, errc::locked, errc::read_only, errc::not_found,
// errc::schema_mismatch (ServerCallStatus is not there), errc::system_error, errc::invalid_argument (a refusal of
// something other than one row), what `keep` returned.
class status_store {
public:
  virtual ~status_store() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() {}

  // One transaction: locks the progress of `agents`, asks `decide`, writes its plan, hands rows that the database
  // refused for their values to `keep`, commits. A deadlock runs all of it again; a lock that another transaction does
  // not give up within seconds is errc::locked. REQUIRES: `agents` sorted, each once.
  virtual result<status_written> write(std::span<const base::agent_id> agents, const decide_status& decide,
                                       const keep_refused& keep) = 0;

  // After errc::locked, for a person to read; what cannot be found out is left out.
  virtual lock_report find_locks(std::span<const base::agent_id>) { return {}; }
};

}  // namespace lars::storage
