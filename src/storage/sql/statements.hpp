// Builds SQL that depends on the database, its schema or a list of values. Only integers become part of the text;
// callers bind strings. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <vector>

#include "storage/route_row.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// Statements are at most this long, or as long as the server's max_allowed_packet if that is less.
inline constexpr std::size_t longest_statement = 1u << 20;

// The most keys in one statement.
inline constexpr std::size_t keys_a_statement = 300;

// The signed 32-bit value of a column: -1 may be stored as 4294967295.
constexpr std::int32_t low_signed(long long number) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
}

// The columns of the database's tables, and the limits of its server.
struct schema_shape {
  bool extended = true;           // RouteData has weight, zone and state
  bool unsigned_routes = false;   // RouteData.modid and cmdid are unsigned: -1 is stored as 4294967295
  bool unsigned_changes = false;  // the same of RouteChange
  bool settings = true;           // there is ModuleSettings
  bool loose = false;             // a column of RouteData may hold NULL or out-of-range numbers
  std::size_t statement_bytes = longest_statement;  // that the server accepts
  bool operator==(const schema_shape&) const = default;
};

// The maximal text lengths of a statement of many values.
struct statement_size {
  std::size_t frame;  // the text around the values
  std::size_t value;  // one value with its separator
};

// How many values fit into one statement: `most`, or fewer if the server accepts only `statement_bytes`; at least one.
std::size_t values_a_statement(std::size_t statement_bytes, statement_size size, std::size_t most);

// Likewise for values of at most `bytes` in the statements below.
inline constexpr std::size_t frame_bytes = 512;
inline std::size_t values_a_statement(const schema_shape& shape, std::size_t bytes, std::size_t most) {
  return values_a_statement(shape.statement_bytes, {frame_bytes, bytes}, most);
}

// Calls f with consecutive pieces of `all`, each of at most `most` values. REQUIRES: most > 0.
template <class T, class F>
void in_pieces(std::span<const T> all, std::size_t most, F f) {
  while (!all.empty()) {
    const auto some = all.first(std::min(all.size(), most));
    all = all.subspan(some.size());
    f(some);
  }
}

// The maximal text length of one value with its separator.
inline constexpr std::size_t route_row_bytes = 200;  // of insert into RouteData; a zone of 64 bytes, all escaped
inline constexpr std::size_t change_row_bytes = 50;  // of insert into RouteChange
inline constexpr std::size_t key_bytes = 110;        // of keys_condition()
inline constexpr std::size_t id_bytes = 21;          // of id_list()
inline constexpr std::size_t range_bytes = 60;       // of ranges_condition()

// "id, modid, cmdid, serverip, serverport, weight, state, zone", with constants for columns that the schema lacks.
std::string row_columns(const schema_shape& shape);

// The text that row_crc() is computed over, as an expression of MySQL.
std::string row_text(const schema_shape& shape);

// A condition for rows whose modid and cmdid are 32-bit numbers: other rows belong to no module.
inline constexpr const char* has_module =
    "modid between -2147483648 and 4294967295 and cmdid between -2147483648 and 4294967295";

// The range an id is in.
std::string range_of_id(backend kind);

// A condition for the rows of these modules, whether negative ids are stored signed or unsigned. Without an index every
// row of the table is tested, so a cheap test of modid comes first. REQUIRES: keys not empty.
std::string keys_condition(std::span<const route_key> keys, bool indexed);

// A condition for the ids of these ranges. REQUIRES: ranges not empty.
std::string ranges_condition(std::span<const std::uint64_t> ranges);

// "1,2,3".
std::string id_list(std::span<const std::uint64_t> ids);

// `id` as it is stored in a column of modid or cmdid.
std::string id_literal(std::int32_t id, bool unsigned_column);

}  // namespace lars::storage
