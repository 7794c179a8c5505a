// Checks a row of RouteData, before we write it and after we read what others wrote. Pure.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "storage/route_row.hpp"

namespace lars::storage {

// An unchecked row as the database returns it. nullopt: the column does not hold a whole number. A 32-bit number may
// be signed or unsigned. `zone` is borrowed.
struct route_values {
  std::uint64_t id = 0;
  std::optional<long long> modid, cmdid, ip, port, weight, state;
  std::string_view zone;
};

// What is wrong with the values; false if nothing is.
route_flaw check_route(const route_values& values);

// Converts the values to `row`, including its flaw. Numbers are cut to their low 32 bits, a weight is clamped to the
// allowed range (default_weight if there is none), and an unknown state is read as down.
void read_route(const route_values& values, route_row& row);

// Whether the row may be written. errc::invalid_argument is about its first field that is wrong.
result<void> check_row(const route_row& row);

}  // namespace lars::storage
