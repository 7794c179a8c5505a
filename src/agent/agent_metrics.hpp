// The metrics of the agent role.
#pragma once

#include <span>
#include <vector>

#include "agent/callers/caller_stats.hpp"
#include "agent/calls/call_stats.hpp"
#include "agent/link/link_stats.hpp"
#include "agent/results/report_stats.hpp"
#include "agent/routes/route_stats.hpp"
#include "agent/service/host_stats.hpp"
#include "http/metric.hpp"

namespace lars::agent {

std::vector<http::metric> call_metrics(std::span<const port_counts> ports);
std::vector<http::metric> route_metrics(const route_stats& routes, const host_stats& hosts);
std::vector<http::metric> caller_metrics(const caller_stats& callers, std::uint64_t run_dir_restored);
// Load reports of hosts, from both transports.
std::vector<http::metric> load_metrics(std::span<const port_counts> ports, const caller_stats& callers);
std::vector<http::metric> report_metrics(const report_stats& stats);

// Of both links; `reporter` is null if results are not reported.
std::vector<http::metric> link_metrics(const link_stats& dns, const link_stats* reporter, base::time_point now);

}  // namespace lars::agent
