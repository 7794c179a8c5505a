// What the route tables hold, in the program's own types.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <string>

namespace lars::storage {

// One row of RouteData.
struct route_row {
  std::uint64_t id = 0;
  route_key key;
  host target;
  std::string zone;  // at most 64 bytes of UTF-8, empty = none
  bool operator==(const route_row&) const = default;
};

// One row of RouteChange.
struct change_row {
  std::uint64_t id = 0;
  route_key key;
  std::int64_t version = 0;
};

// What one cheap poll of the database says; any inequality with the poll before means that something changed.
struct change_mark {
  std::int64_t version = 0;          // RouteVersion.version of the row with id 1; 0 when there is none
  std::uint64_t last_change_id = 0;  // MAX(RouteChange.id); 0 when the table is empty
  bool operator==(const change_mark&) const = default;
};

// Count and sum of CRC32 over the rows whose id / range_width is `range`. Equal sums = equal rows, for reconciling.
inline constexpr std::uint64_t range_width = 1024;
struct range_sum {
  std::uint64_t range = 0;
  std::uint64_t rows = 0;
  std::uint64_t crc_sum = 0;
  bool operator==(const range_sum&) const = default;
};

// CRC32 over every column of a row; the same number that the database computes for it in range sums.
std::uint32_t row_crc(const route_row& row);

}  // namespace lars::storage
