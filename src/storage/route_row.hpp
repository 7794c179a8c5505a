// What the route tables hold, in the program's own types.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <string>

namespace lars::storage {

// What a row is made of, as far as it can be wrong.
enum class row_part : std::uint8_t {
  module = 1,  // modid or cmdid is no number: the row belongs to no module
  host = 2,    // nobody can be called there
  weight = 4,
  state = 8,
  zone = 16,
};

// What is wrong with a row that somebody wrote. False = nothing.
struct route_flaw {
  std::uint8_t parts = 0;  // bits of row_part
  std::string reason;      // printable, for people
  explicit operator bool() const { return parts != 0; }
  bool has(row_part part) const { return (parts & static_cast<std::uint8_t>(part)) != 0; }
};

// One row of RouteData. Readers hand on every row there is, so that sums and lists are whole; whoever hands hosts to
// others asks is_usable() and has_zone() first.
struct route_row {
  std::uint64_t id = 0;
  route_key key;
  host target;
  std::string zone = {};        // as the database has it; empty = none
  route_flaw flaw = {};         // of a row that was read
  std::uint8_t unreadable = 0;  // bit n: column n of modid, cmdid, serverip, serverport, weight, state is no number

  bool has_module() const { return !flaw.has(row_part::module); }
  bool is_usable() const { return has_module() && !flaw.has(row_part::host); }
  bool has_zone() const { return !flaw.has(row_part::zone); }  // else the database's word about it says nothing

  // Of what the row says; not of what is wrong with it.
  bool operator==(const route_row& other) const {
    return id == other.id && key == other.key && target == other.target && zone == other.zone;
  }
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
  std::uint32_t source = 0;          // which database said so, counted: another number, and nothing known of it holds
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

// CRC32 over every column of a row, good or not; the same number that the database computes for it in range sums.
std::uint32_t row_crc(const route_row& row);

}  // namespace lars::storage
