// The statements that carry a route_plan out and announce it. All of them run inside one write transaction of a session
// and throw as SOCI does.
#pragma once

#include <soci/session.h>

#include <cstdint>
#include <span>

#include "storage/route_plan.hpp"
#include "storage/sql/statements.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. Lifetime: one transaction; borrows the connection.
class route_writer {
public:
  route_writer(soci::session& sql, backend kind, const schema_shape& shape) : sql_(sql), kind_(kind), shape_(shape) {}

  // Locks RouteVersion until the transaction ends, so that writers of ours go one after the other. To be called before
  // anything is read: what is read later is then the newest there is.
  void lock_version();

  // What changes of this transaction get: max(unix seconds of the database, version + 1). REQUIRES: locked.
  std::int64_t next_version() const { return next_version_; }

  void apply(const route_plan& plan);

  // Writes the next version and one RouteChange row a module, and lets old change rows go. REQUIRES: locked.
  void announce(std::span<const route_key> modules);

private:
  std::int64_t read_version();
  void expire_changes();
  void insert(std::span<const route_row> rows);
  void update(std::span<const route_row> rows);
  void erase(std::span<const std::uint64_t> ids);

  soci::session& sql_;
  const backend kind_;
  const schema_shape& shape_;
  std::int64_t now_ = 0;  // by the database's clock, when RouteVersion was locked
  std::int64_t next_version_ = 0;
};

}  // namespace lars::storage
