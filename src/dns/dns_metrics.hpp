// What the dns role exports.
#pragma once

#include <vector>

#include "dns/dns_stats.hpp"
#include "http/metric.hpp"

namespace lars::dns {

// `since_boot` is the time now, by the clock of storage::freshness.
std::vector<http::metric> dns_metrics(const dns_stats& stats, storage::freshness::ms since_boot);

}  // namespace lars::dns
