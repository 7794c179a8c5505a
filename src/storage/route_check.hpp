// What RouteData may say: the one check of a row, for whoever writes one and for whoever reads what others wrote,
// whatever the database. Pure.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "storage/route_row.hpp"

namespace lars::storage {

inline constexpr std::size_t zone_limit = 64;  // bytes

// A row as a database gives it, before anybody trusts it. nullopt: the column holds no whole number. A number of 32
// bits may come signed or unsigned. `zone` is borrowed.
struct route_values {
  std::uint64_t id = 0;
  std::optional<long long> modid, cmdid, ip, port, weight, state;
  std::string_view zone;
};

// What is wrong with the values; nothing where they are good.
route_flaw check_route(const route_values& values);

// The row that the values are read as, its flaw included. A number is the low 32 bits of what the column holds. Where a
// weight is not allowed the nearest allowed one counts, default_weight where there is none; a state that means nothing
// is down.
void read_route(const route_values& values, route_row& row);

// Whether a row of ours may be written. errc::invalid_argument: the detail says what is wrong.
result<void> check_row(const route_row& row);
result<void> check_weight(std::uint32_t weight);
result<void> check_zone(std::string_view zone);

}  // namespace lars::storage
