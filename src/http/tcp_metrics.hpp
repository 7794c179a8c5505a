// The metrics of a TCP port.
#pragma once

#include <vector>

#include "http/metric.hpp"
#include "net/tcp_server_stats.hpp"

namespace lars::http {

// `port` is the value of the label: the role of the port.
std::vector<metric> tcp_metrics(const net::tcp_server_stats& stats, const char* port);

}  // namespace lars::http
