// How a connection to the database behaves.
#pragma once

#include <chrono>

namespace lars::storage {

// Immutable after construction.
struct session_config {
  std::chrono::seconds answer{10};  // how long a statement may take before the database counts as lost
  bool create = false;              // SQLite: creates the file if it is missing
  // MySQL: a connection older than this is replaced before the next call, to leave a server that is no longer at the
  // address or no longer accepts writes.
  std::chrono::milliseconds renew_after{10000};
  // MySQL: after a writable server, refuses a read-only one also for reads. For connections that read for ever.
  bool leave_demoted = false;
  // Galera: refuses a node that is out of sync; reads wait until earlier commits of the cluster are applied.
  bool follow_cluster = false;
  // MySQL: how long the server waits for the next statement before it closes the connection and rolls back. A process
  // that is stopped holds its locks for this long.
  std::chrono::seconds idle{60};
  std::chrono::seconds lock_wait{0};  // MySQL: the lock timeout of one attempt; 0 = half of `answer`
  // Galera: each transaction sees what any node committed before it began. For read-modify-write.
  bool causal = false;
  bool retry_locked = true;  // MySQL: retries a few times after a lock timeout; else returns errc::locked at once
};

}  // namespace lars::storage
