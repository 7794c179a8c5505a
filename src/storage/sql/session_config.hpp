// How a connection to the database behaves.
#pragma once

#include <chrono>

namespace lars::storage {

// Immutable after construction.
struct session_config {
  std::chrono::seconds answer{10};  // how long the database may stay silent to one statement before it counts as lost
  bool create = false;              // SQLite: makes the file when it is not there
  // MySQL: the age at which a connection is replaced before the next call, so that a server that is not any more at the
  // address, or that is not any more the one that takes writes, is left.
  std::chrono::milliseconds renew_after{10000};
  // MySQL: refuses a read-only server where there was a writable one before, also to reads: for whoever reads for ever.
  bool leave_demoted = false;
  // Galera: refuses a node that does not follow its cluster; reads wait for what the cluster had committed.
  bool follow_cluster = false;
  // MySQL: how long the server waits for our next word before it ends the connection and the transaction. A process
  // that stands still holds its locks for so long.
  std::chrono::seconds idle{60};
  std::chrono::seconds lock_wait{0};  // MySQL: for a lock that another holds, in one attempt; 0 = half of `answer`
  // Galera: each transaction sees what any node had committed before it began, for whoever decides by what it reads.
  bool causal = false;
  bool retry_locked = true;  // MySQL: tries again a few times after that; else errc::locked at once
};

}  // namespace lars::storage
