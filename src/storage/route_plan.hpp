// Computes the changes that bring RouteData to what an operator asked for. Pure: works on rows that were read.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <span>
#include <vector>

#include "storage/route_editor.hpp"
#include "storage/route_row.hpp"

namespace lars::storage {

struct route_plan {
  std::vector<route_row> inserts;       // their ids are ignored
  std::vector<route_row> updates;       // the row with that id gets these values
  std::vector<std::uint64_t> removals;  // ids
  std::vector<route_key> touched;       // modules whose routes change, each once, ascending

  bool empty() const { return size() == 0; }
  std::size_t size() const { return inserts.size() + updates.size() + removals.size(); }
};

// Plans that each requested host exists with its values; if a host is requested twice, the last one counts. With
// `replace`, removes the module's other hosts and its rows without a valid host. A host that is stored in several rows
// gets the values in each of them, also in rows with invalid values. REQUIRES: `current` holds every row of the
// requested modules and of `replace`.
route_plan plan_import(std::span<const route_row> current, std::span<const route_row> requested,
                       std::optional<route_key> replace);

// errc::not_found if none of `current` is that host. REQUIRES: `current` holds every row of the module `key`.
result<route_plan> plan_patch(std::span<const route_row> current, route_key key, endpoint where,
                              const route_patch& patch);
result<route_plan> plan_removal(std::span<const route_row> current, route_key key, endpoint where);

}  // namespace lars::storage
