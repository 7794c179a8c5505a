#include "storage/route_file.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/csv.hpp"
#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"
#include "storage/route_check.hpp"

namespace lars::storage {
namespace {

constexpr std::size_t least_columns = 4;

struct host_name {
  route_key key;
  endpoint where;
  bool operator==(const host_name&) const = default;
};

struct host_name_hash {
  std::size_t operator()(const host_name& name) const {
    return std::hash<route_key>()(name.key) * 31 + std::hash<endpoint>()(name.where);
  }
};

std::string named(const host_name& name) {
  return std::to_string(name.key.modid) + ' ' + std::to_string(name.key.cmdid) + ' ' +
         base::format_endpoint(name.where);
}

bool is_header(const std::vector<std::string>& fields) {
  const auto& all = route_columns();
  return fields.size() >= least_columns && fields.size() <= all.size() &&
         std::equal(fields.begin(), fields.end(), all.begin());
}

// The columns after the first four; an empty field means the default.
result<void> read_optional(const std::vector<std::string>& fields, route_row& row) {
  const auto given = [&](std::size_t column) { return column < fields.size() && !fields[column].empty(); };
  if (given(4)) {
    const auto weight = catalog::parse_weight(fields[4]);
    if (!weight) return weight.error();
    row.target.weight = *weight;
  }
  if (given(5)) {
    const auto zone = catalog::parse_zone(fields[5]);
    if (!zone) return zone.error();
    row.target.zone = *zone;
  }
  if (given(6)) {
    const auto state = catalog::parse_state(fields[6]);
    if (!state) return state.error();
    row.target.state = *state;
  }
  return {};
}

result<route_row> read_row(const std::vector<std::string>& fields) {
  route_row row;
  const auto key = catalog::parse_key(fields[0], fields[1]);
  if (!key) return key.error();
  const auto ip = catalog::parse_ip(fields[2]);
  if (!ip) return ip.error();
  const auto port = catalog::parse_port(fields[3]);
  if (!port) return port.error();
  row.key = *key;
  row.target.where = {*ip, *port};
  if (const auto rest = read_optional(fields, row); !rest) return rest.error();
  if (const auto good = check_row(row); !good) return good.error();
  return row;
}

}  // namespace

const std::vector<std::string>& route_columns() {
  static const std::vector<std::string> columns{"modid", "cmdid", "ip", "port", "weight", "zone", "state"};
  return columns;
}

result<std::vector<route_row>> read_route_file(std::string_view text, std::optional<route_key> only) {
  const char delimiter = base::delimiter_of(text);
  base::csv_reader reader(text, delimiter);
  base::csv_record record;
  auto more = reader.next(record);
  if (!more) return more.error();
  if (!*more || !is_header(record.fields))
    return base::at_line(
        *more ? record.line : 1,
        "expected the header modid,cmdid,ip,port[,weight[,zone[,state]]], found fields separated by a " +
            std::string(base::delimiter_name(delimiter)));
  const std::size_t columns = record.fields.size();
  std::vector<route_row> rows;
  std::unordered_map<host_name, std::size_t, host_name_hash> lines;
  while ((more = reader.next(record)) && *more) {
    if (record.fields.size() != columns)
      return base::at_line(record.line,
                           std::to_string(record.fields.size()) + " fields, the header has " + std::to_string(columns));
    auto row = read_row(record.fields);
    if (!row) return base::at_line(record.line, row.error().detail, row.error().field);
    const host_name name{row->key, row->target.where};
    if (only && row->key != *only)
      return base::at_line(record.line, named(name) + " does not belong to the module of --replace");
    const auto [seen, is_new] = lines.emplace(name, record.line);
    if (!is_new) return base::at_line(record.line, named(name) + " is already on line " + std::to_string(seen->second));
    rows.push_back(std::move(*row));
  }
  if (!more) return more.error();
  return rows;
}

}  // namespace lars::storage
