// The header endpoint-load-metrics, in which a host says with its answer how loaded it is: the Open Request Cost
// Aggregation of xDS, xds.data.orca.v3.OrcaLoadReport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "balance/load_report.hpp"

namespace lars::client {

// What a host says.
struct host_load {
  balance::load_report report;
  std::uint64_t in_flight = 0;  // calls under way there; 0 = none, or unknown
};

enum class orca_form { text, json };

inline constexpr std::size_t longest_orca = 16384;  // bytes that are looked at; of more nothing is

// The header's value, "TEXT …" or "JSON …". The utilization is the application's where that is above 0, else the CPU's
// (POLICIES §4.1); a number that cannot be is 0 = unknown. Nothing where it is no such value, or says the same thing
// twice. No allocation.
std::optional<host_load> parse_orca(std::string_view value);

// Room that every render_orca() can do with.
inline constexpr std::size_t orca_room = 255;

// Writes the header's value: what is 0 is left out, but the CPU's utilization. Returns its size. No allocation.
// REQUIRES: `out` holds orca_room bytes; every number of `load` is plausible (balance/load_check.hpp).
std::size_t render_orca(const host_load& load, orca_form form, std::span<char> out);

}  // namespace lars::client
