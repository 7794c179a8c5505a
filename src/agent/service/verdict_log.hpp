// Logs one line for each host that is ejected or readmitted, for both transports.
#pragma once

#include <lars/types.hpp>

#include "balance/table/verdict.hpp"

namespace lars::agent {

// Any thread.
void log_verdict(route_key key, endpoint where, balance::verdict verdict);

}  // namespace lars::agent
