// What the agent role exports.
#pragma once

#include <span>
#include <vector>

#include "agent/call_stats.hpp"
#include "agent/caller_stats.hpp"
#include "agent/host_stats.hpp"
#include "agent/link_stats.hpp"
#include "agent/report_stats.hpp"
#include "agent/route_stats.hpp"
#include "http/metric.hpp"

namespace lars::agent {

// What one UDP port counted.
struct port_counts {
  const call_stats* calls;
  std::uint64_t kernel_drops;  // datagrams that found the socket's queue full
};

std::vector<http::metric> call_metrics(std::span<const port_counts> ports);
std::vector<http::metric> route_metrics(const route_stats& control, const host_stats& hosts);
std::vector<http::metric> caller_metrics(const caller_stats& callers, std::uint64_t run_dir_restored);
// What hosts said of their load, through both transports.
std::vector<http::metric> load_metrics(std::span<const port_counts> ports, const caller_stats& callers);
std::vector<http::metric> report_metrics(const report_stats& stats);

// Of both links; `reporter` is null where nobody wants results.
std::vector<http::metric> link_metrics(const link_stats& dns, const link_stats* reporter, base::time_point now);

}  // namespace lars::agent
