// Lets one program at a time migrate a database, also if programs use different nodes of a cluster: a server lock
// (GET_LOCK) covers one node only.
#pragma once

#include <soci/session.h>

#include <chrono>
#include <string>

namespace lars::storage {

// A row of LarsLease, MySQL only. REQUIRES: the caller holds the server lock, which every program takes first. A lease
// holder on the same server has therefore died, and its lease is taken over at once; other leases when they expire.
// Blocking; throws as SOCI does. Lifetime: within one session.
class migration_lease {
public:
  migration_lease(soci::session& sql, std::chrono::seconds lifetime);

  // Waits at most `patience` for another holder. False: it was not released.
  bool acquire(std::chrono::seconds patience);

  // Extends the lease by another lifetime. False: another program has it.
  bool renew();

  void release();

private:
  bool try_acquire();
  bool is_ours();
  std::string until() const;

  soci::session& sql_;
  const std::chrono::seconds lifetime_;
  std::string server_;  // the node, in 16 digits
  std::string holder_;  // server_ and 16 random digits
};

}  // namespace lars::storage
