// How a reporter writes the results that agents send: in flushes, each one transaction.
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

// The outcome of a flush.
struct status_written {
  std::size_t rows = 0;              // accepted by the database, over all tables except ReportProgress
  bool tracked = false;              // the database has CallHistory and ReportProgress, and both were written
  std::vector<refused_row> refused;  // rows that it did not accept; they were kept elsewhere
};

// The input of a flush's decision, read under the transaction's locks.
struct status_state {
  // One entry for each requested agent, in that order; seq 0 if none of its batches was applied. nullopt: the database
  // has the schema of older programs, without history and progress; a plan's history and progress are then ignored.
  std::optional<std::vector<agent_progress>> progress;
  std::int64_t now = 0;  // Unix seconds by the database's clock
};

// Who holds the locks that a flush waited for, as far as the database shows.
struct lock_report {
  std::vector<base::agent_id> agents;  // whose progress another transaction has locked; empty if the server cannot tell
  std::string holder;  // the connection that has held locks for longest; empty without the privilege to see it
};

// Decides what to write. Called once for each attempt, so it must compute everything from its argument.
using decide_status = std::function<status_plan(const status_state&)>;

// Saves rows that the database refused, before the rest is committed. An error rolls the transaction back: a refused
// row is never dropped. Called once for each attempt; the attempt may still fail afterwards.
using keep_refused = std::function<result<void>(std::span<const refused_row>)>;

// One connection. Threads: blocking; one thread at a time. It connects on first use and again after a loss.
// Errors: after any error, write the whole flush again. Either nothing was written or all of it; the next attempt finds
// out from the progress. Codes: errc::unavailable, errc::locked, errc::read_only, errc::not_found,
// errc::schema_mismatch (ServerCallStatus is not there), errc::system_error, errc::invalid_argument (a refusal of
// something other than one row), and what `keep` returned.
class status_store {
public:
  virtual ~status_store() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() {}

  // One transaction: locks the progress of `agents`, calls `decide`, writes its plan, passes rows that the database
  // refused for their values to `keep`, commits. After a deadlock all of it runs again. errc::locked: another
  // transaction held a lock for some seconds. REQUIRES: `agents` sorted, each once.
  virtual result<status_written> write(std::span<const base::agent_id> agents, const decide_status& decide,
                                       const keep_refused& keep) = 0;

  // For a log line after errc::locked. Leaves out what it cannot find out.
  virtual lock_report find_locks(std::span<const base::agent_id>) { return {}; }
};

}  // namespace lars::storage
