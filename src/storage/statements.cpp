#include "storage/statements.hpp"

namespace lars::storage {
namespace {

// "= 5", or "in (-1,4294967295)": a signed column holds the first form, an unsigned one the second.
std::string matches(std::int32_t id) {
  if (id >= 0) return "=" + std::to_string(id);
  return " in (" + id_literal(id, false) + "," + id_literal(id, true) + ")";
}

}  // namespace

std::string row_columns(const schema_shape& shape) {
  return std::string("id, modid, cmdid, serverip, serverport, ") +
         (shape.extended ? "weight, state, zone" : "100, 0, ''");
}

std::string row_text(const schema_shape& shape) {
  // Masked to the wire's 32 bits, and limited as the reader does: a row that reads the same has the same text.
  const std::string low = " & 4294967295, ";
  return "CONCAT_WS('|', id, modid" + low + "cmdid" + low + "serverip" + low + "serverport" + low +
         (shape.extended ? "LEAST(weight, " + std::to_string(max_weight) + "), zone, LEAST(state, 2))"
                         : std::to_string(default_weight) + ", '', 0)");
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
