// What the dns role exports.
#pragma once

#include <vector>

#include "dns/dns_probe.hpp"
#include "http/metric.hpp"

namespace lars::dns {

std::vector<http::metric> dns_metrics(const dns_probe& probe);

}  // namespace lars::dns
