// The statements that carry a route_plan out and announce it. All of them run inside one write transaction of a session
// and throw as SOCI does.
#pragma once

#include <soci/session.h>

#include <cstdint>
#include <span>

#include "storage/route_plan.hpp"
#include "storage/statements.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. Lifetime: one transaction; borrows the connection.
class route_writer {
public:
  route_writer(soci::session& sql, backend kind, const schema_shape& shape) : sql_(sql), kind_(kind), shape_(shape) {}

  // Locks RouteVersion until the transaction ends, so that writers of ours go one after the other. To be called before
  // anything is read: what is read later is then the newest there is. Returns the version.
  std::int64_t lock_version();

  void apply(const route_plan& plan);

  // Writes `version` and one RouteChange row a module.
  void announce(std::span<const route_key> modules, std::int64_t version);

  // Deletes change rows of a version below `oldest`, some thousands at a time; the newest row always stays.
  void expire_changes(std::int64_t oldest);

private:
  void insert(std::span<const route_row> rows);
  void update(std::span<const route_row> rows);
  void erase(std::span<const std::uint64_t> ids);

  soci::session& sql_;
  const backend kind_;
  const schema_shape& shape_;
};

}  // namespace lars::storage
