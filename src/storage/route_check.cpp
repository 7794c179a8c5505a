#include "storage/route_check.hpp"

#include <algorithm>
#include <limits>

#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"

namespace lars::storage {
namespace {

using read_number = std::optional<long long>;

constexpr long long least_number = std::numeric_limits<std::int32_t>::min();
constexpr long long most_number = std::numeric_limits<std::uint32_t>::max();

bool has_32_bits(read_number value) { return value && *value >= least_number && *value <= most_number; }
std::uint32_t low(read_number value) { return static_cast<std::uint32_t>(value.value_or(0)); }

std::string shown(const char* column, read_number value) {
  return std::string(column) + ' ' + (value ? std::to_string(*value) : std::string("holds"));
}

void add(route_flaw& flaw, row_part part, const std::string& reason) {
  flaw.parts |= static_cast<std::uint8_t>(part);
  flaw.reason += (flaw.reason.empty() ? "" : "; ") + reason;
}

void check_id(route_flaw& flaw, const char* column, read_number value) {
  if (!has_32_bits(value))
    add(flaw, row_part::module, shown(column, value) + (value ? " is" : "") + " no 32-bit number");
}

void check_address(route_flaw& flaw, read_number ip) {
  if (!has_32_bits(ip)) return add(flaw, row_part::host, shown("serverip", ip) + (ip ? " is" : "") + " no address");
  if (const auto why = base::flaw_of_ipv4(low(ip)); !why.empty())
    add(flaw, row_part::host, "serverip " + base::format_ipv4(low(ip)) + ' ' + std::string(why));
}

void check_port(route_flaw& flaw, read_number port) {
  if (port && *port >= 1 && *port <= 65535) return;
  add(flaw, row_part::host, shown("serverport", port) + (port ? " is not a" : " no") + " port (1 to 65535)");
}

void check_weight(route_flaw& flaw, read_number weight) {
  if (weight && *weight >= 0 && *weight <= max_weight) return;
  add(flaw, row_part::weight,
      shown("weight", weight) + (weight ? " is not " : " not ") + "0 to " + std::to_string(max_weight));
}

void check_state(route_flaw& flaw, read_number state) {
  if (state && *state >= 0 && *state <= static_cast<long long>(host_state::down)) return;
  add(flaw, row_part::state, shown("state", state) + (state ? " is not " : " not ") + "0, 1 or 2");
}

}  // namespace

route_flaw check_route(const route_values& values) {
  route_flaw flaw;
  check_id(flaw, "modid", values.modid);
  check_id(flaw, "cmdid", values.cmdid);
  check_address(flaw, values.ip);
  check_port(flaw, values.port);
  check_weight(flaw, values.weight);
  check_state(flaw, values.state);
  if (const auto why = catalog::flaw_of_zone(values.zone); !why.empty()) add(flaw, row_part::zone, why);
  return flaw;
}

void read_route(const route_values& values, route_row& row) {
  row.id = values.id;
  row.key = {static_cast<std::int32_t>(low(values.modid)), static_cast<std::int32_t>(low(values.cmdid))};
  row.target.where = {low(values.ip), low(values.port)};
  row.target.weight =
      static_cast<std::uint32_t>(std::clamp<long long>(values.weight.value_or(default_weight), 0, max_weight));
  const bool known = values.state && *values.state >= 0 && *values.state <= static_cast<long long>(host_state::down);
  row.target.state = known ? static_cast<host_state>(*values.state) : host_state::down;
  row.target.zone = values.zone;
  row.unreadable = 0;
  unsigned column = 0;
  for (const read_number value : {values.modid, values.cmdid, values.ip, values.port, values.weight, values.state})
    row.unreadable |= static_cast<std::uint8_t>((value ? 0u : 1u) << column++);
  row.flaw = check_route(values);
}

result<void> check_row(const route_row& row) {
  const host& target = row.target;
  if (auto good = catalog::check_endpoint(target.where); !good) return good;
  if (auto good = catalog::check_weight(target.weight); !good) return good;
  if (auto good = catalog::check_zone(row.target.zone); !good) return good;
  return catalog::check_state(target.state);
}

}  // namespace lars::storage
