// Rows of the route tables, in the program's own types.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <string>

namespace lars::storage {

// The parts of a row that can be invalid.
enum class row_part : std::uint8_t {
  module = 1,  // modid or cmdid is not a number: the row belongs to no module
  host = 2,    // the address or port cannot be called
  weight = 4,
  state = 8,
  zone = 16,
};

// What is wrong with a row that was read. False = nothing.
struct route_flaw {
  std::uint8_t parts = 0;  // bits of row_part
  std::string reason;      // printable, for people
  explicit operator bool() const { return parts != 0; }
  bool has(row_part part) const { return (parts & static_cast<std::uint8_t>(part)) != 0; }
};

// One row of RouteData. Readers pass on every row, valid or not, so that checksums and lists are complete. Check
// is_usable() and has_zone() before giving a host to a caller.
struct route_row {
  std::uint64_t id = 0;
  route_key key;
  host target;                  // its zone as stored
  route_flaw flaw = {};         // of a row that was read; false = valid
  std::uint8_t unreadable = 0;  // bit n: column n of modid, cmdid, serverip, serverport, weight, state is not a number

  bool has_module() const { return !flaw.has(row_part::module); }
  bool is_usable() const { return has_module() && !flaw.has(row_part::host); }
  bool has_zone() const { return !flaw.has(row_part::zone); }  // else ignore the zone

  // Compares the values, not the flaw.
  bool operator==(const route_row& other) const { return id == other.id && key == other.key && target == other.target; }
};

// One row of RouteChange.
struct change_row {
  std::uint64_t id = 0;
  route_key key;
  std::int64_t version = 0;
};

// The result of one cheap poll; any difference from the previous poll means that something changed.
struct change_mark {
  std::int64_t version = 0;          // RouteVersion.version of the row with id 1; 0 when there is none
  std::uint64_t last_change_id = 0;  // MAX(RouteChange.id); 0 when the table is empty
  std::uint32_t source = 0;  // counts the databases that were polled; after a change, forget what was read before
  bool operator==(const change_mark&) const = default;
};

// Count and sum of CRC32 over the rows whose id / range_width is `range`. Equal sums mean equal rows.
inline constexpr std::uint64_t range_width = 1024;
struct range_sum {
  std::uint64_t range = 0;
  std::uint64_t rows = 0;
  std::uint64_t crc_sum = 0;
  bool operator==(const range_sum&) const = default;
};

// Ids from `first` to `last`, both included.
struct id_span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const id_span&) const = default;
};

// How many change rows there are whose id / range_width is `range`.
struct change_count {
  std::uint64_t range = 0;
  std::uint64_t rows = 0;
  bool operator==(const change_count&) const = default;
};

// CRC32 over every column of a row, valid or not: the number that the database adds up in range sums.
std::uint32_t row_crc(const route_row& row);

}  // namespace lars::storage
