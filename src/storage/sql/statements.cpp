#include "storage/sql/statements.hpp"

#include <algorithm>

namespace lars::storage {
namespace {

// "= 5", or "in (-1,4294967295)": a signed column holds the first form, an unsigned one the second.
std::string matches(std::int32_t id) {
  if (id >= 0) return "=" + std::to_string(id);
  return " in (" + id_literal(id, false) + "," + id_literal(id, true) + ")";
}

// An expression of a row's text that is not NULL even if the column is.
std::string not_null(const schema_shape& shape, const std::string& expression) {
  return shape.loose ? "COALESCE(" + expression + ", '')" : expression;
}

}  // namespace

std::size_t values_a_statement(std::size_t statement_bytes, statement_size size, std::size_t most) {
  const std::size_t room = statement_bytes > size.frame ? statement_bytes - size.frame : 0;
  return std::clamp<std::size_t>(room / size.value, 1, most);
}

std::string row_columns(const schema_shape& shape) {
  return std::string("id, modid, cmdid, serverip, serverport, ") +
         (shape.extended ? "weight, state, zone" : "100, 0, ''");
}

std::string row_text(const schema_shape& shape) {
  // Masked to the wire's 32 bits and clamped as by read_route(): rows that read the same have the same text.
  const auto low = [&](const char* column) { return not_null(shape, std::string(column) + " & 4294967295"); };
  std::string text = "CONCAT_WS('|', id";
  for (const char* column : {"modid", "cmdid", "serverip", "serverport"}) text += ", " + low(column);
  const std::string most = std::to_string(max_weight);
  if (!shape.extended) return text + ", " + std::to_string(default_weight) + ", '', 0)";
  if (!shape.loose) return text + ", LEAST(weight, " + most + "), zone, LEAST(state, 2))";
  return text + ", " + not_null(shape, "LEAST(GREATEST(weight, 0), " + most + ")") + ", COALESCE(zone, ''), " +
         not_null(shape, "IF(state < 0, 2, LEAST(state, 2))") + ")";
}

std::string range_of_id(backend kind) {
  return (kind == backend::mysql ? "id DIV " : "id / ") + std::to_string(range_width);
}

std::string keys_condition(std::span<const route_key> keys, bool indexed) {
  std::string text, modids;
  for (const route_key& key : keys) {
    text += (text.empty() ? "(modid" : " or (modid") + matches(key.modid) + " and cmdid" + matches(key.cmdid) + ")";
    modids += (modids.empty() ? "" : ",") + id_literal(key.modid, false);
    if (key.modid < 0) modids += "," + id_literal(key.modid, true);
  }
  return indexed ? text : "modid in (" + modids + ") and (" + text + ")";
}

std::string ranges_condition(std::span<const std::uint64_t> ranges) {
  std::string text;
  for (const std::uint64_t range : ranges) {
    const std::uint64_t first = range * range_width;
    text += (text.empty() ? "id between " : " or id between ") + std::to_string(first) + " and " +
            std::to_string(first + range_width - 1);
  }
  return text;
}

std::string id_list(std::span<const std::uint64_t> ids) {
  std::string text;
  for (const std::uint64_t id : ids) {
    if (!text.empty()) text += ',';
    text += std::to_string(id);
  }
  return text;
}

std::string id_literal(std::int32_t id, bool unsigned_column) {
  return unsigned_column ? std::to_string(static_cast<std::uint32_t>(id)) : std::to_string(id);
}

}  // namespace lars::storage
