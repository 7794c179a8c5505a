// The header endpoint-load-metrics, by which a host reports its load with an answer: Open Request Cost Aggregation of
// xDS, xds.data.orca.v3.OrcaLoadReport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "balance/load/load_report.hpp"

namespace lars::client {

// What a host reports.
struct host_load {
  balance::load_report report;
  std::uint64_t in_flight = 0;  // calls in flight there; 0 = none, or unknown
};

enum class orca_form { text, json };

inline constexpr std::size_t longest_orca = 16384;  // bytes; a longer value is ignored

// Parses the header's value, "TEXT …" or "JSON …". The utilization is application_utilization where that is above 0,
// else cpu_utilization; an impossible number is 0 = unknown. Nothing where the value is malformed or repeats a field.
// No allocation.
std::optional<host_load> parse_orca(std::string_view value);

// Bytes that suffice for any render_orca().
inline constexpr std::size_t orca_room = 255;

// Writes the header's value, without fields that are 0, except cpu_utilization. Returns its size. No allocation.
// REQUIRES: `out` holds orca_room bytes; every number of `load` is plausible (balance/load/load_check.hpp).
std::size_t render_orca(const host_load& load, orca_form form, std::span<char> out);

}  // namespace lars::client
