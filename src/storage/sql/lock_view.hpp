// Finds out who holds the locks that a writer of status waited for. MySQL and MariaDB; throws as SOCI does; called
// inside a session.
#pragma once

#include <soci/session.h>

#include <lars/error.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/agent_id.hpp"

namespace lars::storage {

// Those of `agents` whose rows of progress are locked. Fails where the server has no SKIP LOCKED (MariaDB before 10.6).
// REQUIRES: inside a transaction that may write; not more agents than one statement is given, at least one.
result<std::vector<base::agent_id>> find_locked_progress(soci::session& sql, std::span<const base::agent_id> agents);

// "connection ID of HOST:PORT, COMMAND for N s": that of the oldest transaction of another connection that holds locks
// and waits for none; empty where there is none. Fails without the privilege PROCESS.
result<std::string> find_lock_holder(soci::session& sql);

}  // namespace lars::storage
