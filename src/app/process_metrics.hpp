// Metrics of the process, independent of its roles.
#pragma once

#include <vector>

#include "http/metric.hpp"

namespace lars::app {

// Reads /proc/self and leaves out metrics that it cannot read. Any thread.
std::vector<http::metric> process_metrics();

}  // namespace lars::app
