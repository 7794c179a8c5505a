// What the agent role exports.
#pragma once

#include <span>
#include <vector>

#include "agent/call_probe.hpp"
#include "agent/caller_probe.hpp"
#include "agent/control_probe.hpp"
#include "agent/host_probe.hpp"
#include "agent/link_probe.hpp"
#include "agent/report_probe.hpp"
#include "http/metric.hpp"

namespace lars::agent {

// What one UDP port counted.
struct port_counts {
  const call_probe* calls;
  std::uint64_t kernel_drops;  // datagrams that found the socket's queue full
};

std::vector<http::metric> call_metrics(std::span<const port_counts> ports);
std::vector<http::metric> route_metrics(const control_probe& control, const host_probe& hosts);
std::vector<http::metric> caller_metrics(const caller_probe& callers, std::uint64_t run_dir_restored);
// What hosts said of their load, through both transports.
std::vector<http::metric> load_metrics(std::span<const port_counts> ports, const caller_probe& callers);
std::vector<http::metric> report_metrics(const report_probe& probe);

// Of both links; `reporter` is null where nobody wants results.
std::vector<http::metric> link_metrics(const link_probe& dns, const link_probe* reporter, base::time_point now);

}  // namespace lars::agent
