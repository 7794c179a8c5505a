// What a process tells of itself, whatever its roles.
#pragma once

#include <vector>

#include "http/metric.hpp"

namespace lars::app {

// Reads /proc/self; what cannot be read is left out. Any thread.
std::vector<http::metric> process_metrics();

}  // namespace lars::app
