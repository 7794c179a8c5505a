// How operators change the settings of modules. Each change is one transaction that also writes RouteChange and takes
// the next RouteVersion, as changes of routes do, so that every dns sees it at its next poll.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "storage/settings_row.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. Does not check that the settings are valid.
// Errors: those of route_editor. After an error nothing has changed.
class settings_editor {
public:
  // Computes the module's new text from its current one; empty = no settings. An error is returned to the caller of
  // set() and nothing changes. May be called more than once for one change.
  using decision = std::function<result<std::string>(const std::string& current)>;

  virtual ~settings_editor() = default;

  // All rows, or one module's, by modid, cmdid.
  virtual result<std::vector<settings_row>> list(std::optional<route_key> only) = 0;

  // Stores the text that `decide` returns; writes nothing if it is the current one. The module needs no hosts.
  virtual result<void> set(route_key key, const decision& decide) = 0;

  // errc::not_found if the module has none.
  virtual result<void> remove(route_key key) = 0;
};

}  // namespace lars::storage
