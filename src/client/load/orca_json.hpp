// The JSON form of a load report: {"cpu_utilization":0.3,"eps":1,"named_metrics":{"queue":7}}.
#pragma once

#include <string_view>

#include "client/load/orca_fields.hpp"

namespace lars::client {

// Parses what follows "JSON ". Names may be in camelCase and numbers in quotes, as protobuf writes them. False where it
// is no JSON object, is nested deeper than 16, or lacks a number where one belongs; `out` is then unspecified. Names
// are compared byte by byte: a name with an escape matches nothing. No allocation.
bool parse_orca_json(std::string_view text, orca_fields& out);

}  // namespace lars::client
