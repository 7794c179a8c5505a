// How a reporter writes what agents tell it: whole flushes, each one transaction.
#pragma once

#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "storage/status_row.hpp"
#include "storage/storage.hpp"

namespace lars::storage {

// What a flush came to.
struct status_written {
  std::size_t rows = 0;  // rows that the database was given, over all tables, progress left out
  bool tracked = false;  // the database has CallHistory and ReportProgress: history was added and progress noted
};

// Decides what to write once the progress of the agents is known and locked: exactly one entry for each agent asked
// for, in the order asked, 0 where nothing of it was ever applied. nullopt: the database is that of programs already
// in the field and has no place for history and progress (both are then left out of what is written).
// Called anew for each attempt, so it must compute everything from its argument.
using decide_status = std::function<status_plan(const std::optional<std::vector<agent_progress>>&)>;

// One connection. Threads: blocking; one thread at a time. It connects on first use and again after a loss.
// Errors: errc::unavailable and errc::read_only pass (after either nothing may have been written, or all of it: the
// next attempt sees by the progress which), errc::not_found, errc::schema_mismatch (ServerCallStatus is not there),
// errc::invalid_argument or errc::system_error: the database refuses these very rows.
class status_store {
public:
  virtual ~status_store() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() {}

  // One transaction: locks the progress of `agents`, asks `decide`, writes its plan, commits. A deadlock or a lock's
  // timeout runs all of it again. REQUIRES: `agents` sorted, each once.
  virtual result<status_written> write(std::span<const base::agent_id> agents, const decide_status& decide) = 0;
};

// Does not connect: the first use does. Never creates a database.
std::unique_ptr<status_store> open_status_store(const storage_config& config);

}  // namespace lars::storage
