// How operators change routes. Each call is one transaction that also writes RouteChange and takes the next
// RouteVersion, max(unix seconds, version + 1), under that row's lock, so that every dns sees it at its next poll.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/route_row.hpp"

namespace lars::storage {

// What `route set` changes; absent values stay as they are.
struct route_patch {
  std::optional<std::uint32_t> weight = {};
  std::optional<std::string> zone = {};
  std::optional<host_state> state = {};
};

// Threads: blocking; one thread at a time.
// Errors: errc::unavailable, errc::read_only, errc::schema_mismatch (the database is newer, or not migrated and has no
// columns for what is asked), errc::invalid_argument (a value that is not allowed), errc::not_found where noted. After
// an error nothing has changed.
class route_editor {
public:
  virtual ~route_editor() = default;

  // All rows, or one module's, ordered by modid, cmdid, ip, port.
  virtual result<std::vector<route_row>> list(std::optional<route_key> only) = 0;

  // Adds the host, or updates it if the module has it already (adding twice is no error). Ignores `row.id`.
  virtual result<void> add(const route_row& row) = 0;

  // errc::not_found if the module has no such host.
  virtual result<void> set(route_key key, endpoint where, const route_patch& patch) = 0;

  // Removes every row of that host. errc::not_found if the module has no such host.
  virtual result<void> remove(route_key key, endpoint where) = 0;

  // Adds or updates all rows in one transaction. With `replace`, also removes the hosts of that module that are not in
  // `rows`; REQUIRES then: every row belongs to that module. Returns how many rows were added, changed or removed.
  virtual result<std::size_t> import(std::span<const route_row> rows, std::optional<route_key> replace) = 0;
};

}  // namespace lars::storage
