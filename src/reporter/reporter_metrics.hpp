// The metrics of the reporter role.
#pragma once

#include <vector>

#include "http/metric.hpp"
#include "reporter/reporter_stats.hpp"

namespace lars::reporter {

std::vector<http::metric> reporter_metrics(const reporter_stats& stats);

}  // namespace lars::reporter
