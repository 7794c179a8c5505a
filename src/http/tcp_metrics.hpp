// The metrics every TCP port has.
#pragma once

#include <vector>

#include "http/metric.hpp"
#include "net/tcp_server_probe.hpp"

namespace lars::http {

// `port` names the role it belongs to.
std::vector<metric> tcp_metrics(const net::tcp_server_probe& probe, const char* port);

}  // namespace lars::http
