// What has to be done to RouteData so that it says what an operator wants. Pure decisions over rows that were read.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <span>
#include <vector>

#include "storage/route_editor.hpp"
#include "storage/route_row.hpp"

namespace lars::storage {

struct route_plan {
  std::vector<route_row> inserts;       // ids mean nothing
  std::vector<route_row> updates;       // the row of that id gets these values
  std::vector<std::uint64_t> removals;  // ids
  std::vector<route_key> touched;       // modules whose routes differ afterwards, each once, ascending

  bool empty() const { return size() == 0; }
  std::size_t size() const { return inserts.size() + updates.size() + removals.size(); }
};

// Each wanted host is there with its values; of a host wanted twice the last counts. With `replace`, other hosts of
// that module go, and so do its rows that name no host. Hosts stored more than once get the values in every row, and so
// do rows of theirs that hold what is not allowed. REQUIRES: `current` holds every row of the modules wanted and of
// `replace`.
route_plan plan_import(std::span<const route_row> current, std::span<const route_row> wanted,
                       std::optional<route_key> replace);

// errc::not_found if none of `current` is that host. REQUIRES: `current` holds every row of the module `key`.
result<route_plan> plan_patch(std::span<const route_row> current, route_key key, endpoint where,
                              const route_patch& patch);
result<route_plan> plan_removal(std::span<const route_row> current, route_key key, endpoint where);

}  // namespace lars::storage
