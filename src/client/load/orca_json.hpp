// The JSON form of a load report: {"cpu_utilization":0.3,"eps":1,"named_metrics":{"queue":7}}.
#pragma once

#include <string_view>

#include "client/load/orca_fields.hpp"

namespace lars::client {

// Reads what follows "JSON ". Names may be spelled as protobuf writes them in JSON, numbers may be in quotes, as it
// writes some. False where it is no JSON object, is nested deeper than 16, or has no number where one belongs; `out` is
// then unspecified. Names are compared as they stand: one with an escape in it is none of ours. No allocation.
bool parse_orca_json(std::string_view text, orca_fields& out);

}  // namespace lars::client
