// The texts of our SQL, where they depend on the database, its schema or many values. Integers alone are put into a
// text; whatever came from text is bound by the caller. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::storage {

// Statements are no longer than this, or than the server's max_allowed_packet where that is less.
inline constexpr std::size_t longest_statement = 1u << 20;

// Keys that one statement asks for, at most.
inline constexpr std::size_t keys_a_statement = 300;

// A number of 32 bits as whoever wrote the column meant it: -1 may be kept as 4294967295.
constexpr std::int32_t low_signed(long long number) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
}

// What was found out about the tables of the database at hand, and what its server takes.
struct schema_shape {
  bool extended = true;           // RouteData has weight, zone and state
  bool unsigned_routes = false;   // RouteData.modid and cmdid are unsigned: -1 is kept as 4294967295
  bool unsigned_changes = false;  // the same of RouteChange
  bool settings = true;           // there is ModuleSettings
  bool loose = false;             // a column of RouteData may hold what ours cannot: NULL, or a number out of its range
  std::size_t statement_bytes = longest_statement;  // what the server takes
  bool operator==(const schema_shape&) const = default;
};

// The longest texts of a statement of many values.
struct statement_size {
  std::size_t frame;  // the words around the values
  std::size_t value;  // one of them, with what separates it from the next
};

// How many values one statement may hold: `most`, or fewer where the server takes no more than `statement_bytes`; at
// least one.
std::size_t values_a_statement(std::size_t statement_bytes, statement_size size, std::size_t most);

// The same for values of at most `bytes` in the statements below.
inline constexpr std::size_t frame_bytes = 512;
inline std::size_t values_a_statement(const schema_shape& shape, std::size_t bytes, std::size_t most) {
  return values_a_statement(shape.statement_bytes, {frame_bytes, bytes}, most);
}

// Calls f(some of the values) for all of them, at most `most` at a time. REQUIRES: most > 0.
template <class T, class F>
void in_pieces(std::span<const T> all, std::size_t most, F f) {
  while (!all.empty()) {
    const auto some = all.first(std::min(all.size(), most));
    all = all.subspan(some.size());
    f(some);
  }
}

// The longest texts of one value, with what separates it from the next.
inline constexpr std::size_t route_row_bytes = 200;  // of insert into RouteData; a zone of 64 bytes, all escaped
inline constexpr std::size_t change_row_bytes = 50;  // of insert into RouteChange
inline constexpr std::size_t key_bytes = 110;        // of keys_condition()
inline constexpr std::size_t id_bytes = 21;          // of id_list()
inline constexpr std::size_t range_bytes = 60;       // of ranges_condition()

// "id, modid, cmdid, serverip, serverport, weight, state, zone", constants for what the schema lacks.
std::string row_columns(const schema_shape& shape);

// The text that row_crc is taken over, as an expression of MySQL.
std::string row_text(const schema_shape& shape);

// A condition that holds for rows whose modid and cmdid are 32-bit numbers: others belong to no module.
inline constexpr const char* has_module =
    "modid between -2147483648 and 4294967295 and cmdid between -2147483648 and 4294967295";

// The range an id is in.
std::string range_of_id(backend kind);

// A condition that holds for the rows of these modules, whichever way negative ids are kept. Without an index every row
// of the table is held against it, so most are then turned away by a quick look at modid. REQUIRES: keys not empty.
std::string keys_condition(std::span<const route_key> keys, bool indexed);

// A condition that holds for the ids of these ranges. REQUIRES: ranges not empty.
std::string ranges_condition(std::span<const std::uint64_t> ranges);

// "1,2,3".
std::string id_list(std::span<const std::uint64_t> ids);

// How `id` is kept in a column of modid or cmdid.
std::string id_literal(std::int32_t id, bool unsigned_column);

}  // namespace lars::storage
