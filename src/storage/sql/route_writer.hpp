// Executes a route_plan and announces it, inside one write transaction of a session. Throws as SOCI does.
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

  // Locks RouteVersion until the transaction ends, so that our writers run one at a time. Call it before reading
  // anything, so that what is read is the newest.
  void lock_version();

  // The version of this transaction's changes: max(unix seconds of the database, version + 1). REQUIRES: locked.
  std::int64_t next_version() const { return next_version_; }

  void apply(const route_plan& plan);

  // Writes the next version and one RouteChange row a module, and deletes old change rows. REQUIRES: locked.
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
