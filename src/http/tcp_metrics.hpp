// The metrics every TCP port has.
#pragma once

#include <vector>

#include "http/metric.hpp"
#include "net/tcp_server_stats.hpp"

namespace lars::http {

// `port` names the role it belongs to.
std::vector<metric> tcp_metrics(const net::tcp_server_stats& stats, const char* port);

}  // namespace lars::http
