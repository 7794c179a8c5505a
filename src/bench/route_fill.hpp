// The route table that `lars bench route` measures with.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <ostream>

#include "storage/storage_config.hpp"

namespace lars::bench {

struct table_size {
  std::int32_t modules = 200000;  // modid 1 to `modules`, cmdid 1
  std::int32_t hosts = 5;         // of each module
  std::uint64_t rows() const { return static_cast<std::uint64_t>(modules) * static_cast<std::uint64_t>(hosts); }
};

// Host `i` of module `modid` in the table. REQUIRES: 0 <= i < 256.
endpoint filled_host(std::int32_t modid, std::int32_t i);

// Fills the tables if they are empty, with a message on `err`. Blocking.
// errc::invalid_argument when RouteData holds another number of rows: it may be in use, and stays untouched.
result<void> fill_routes(const storage::storage_config& storage, table_size size, std::ostream& err);

}  // namespace lars::bench
