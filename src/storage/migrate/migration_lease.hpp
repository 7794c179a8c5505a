// Keeps programs that migrate one database apart, also where each has another node of a cluster before it: a lock of
// the server (GET_LOCK) is one node's.
#pragma once

#include <soci/session.h>

#include <chrono>
#include <string>

namespace lars::storage {

// A row of LarsLease, MySQL only. REQUIRES: the caller holds the lock of the server that every program takes, so that
// a holder over the same server is one that died: it is followed at once, others when their time is over.
// Blocking; throws as SOCI does. Lifetime: within one session.
class migration_lease {
public:
  migration_lease(soci::session& sql, std::chrono::seconds lifetime);

  // Waits at most `patience` for whoever has it.
  bool take(std::chrono::seconds patience);

  // For another lifetime. False: it went to another.
  bool renew();

  void release();

private:
  bool try_to_take();
  bool is_ours();
  std::string until() const;

  soci::session& sql_;
  const std::chrono::seconds lifetime_;
  std::string server_;  // which node, in 16 digits
  std::string holder_;  // server_ and 16 digits of our own
};

}  // namespace lars::storage
