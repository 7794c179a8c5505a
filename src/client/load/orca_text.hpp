// The TEXT form of a load report: "cpu_utilization=0.3, eps=1, named_metrics.queue=7".
#pragma once

#include <string_view>

#include "client/load/orca_fields.hpp"

namespace lars::client {

// Parses what follows "TEXT ". False where it is malformed; `out` is then unspecified. ":" is accepted for "=", as in
// early versions of the format. No allocation.
bool parse_orca_text(std::string_view text, orca_fields& out);

}  // namespace lars::client
