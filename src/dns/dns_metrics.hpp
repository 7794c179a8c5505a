// What the dns role exports.
#pragma once

#include <vector>

#include "dns/sessions/session_stats.hpp"
#include "dns/watch/watch_stats.hpp"
#include "http/metric.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

// `routes`: how fresh the published table is now.
std::vector<http::metric> dns_metrics(const session_stats& sessions, const watch_stats& watch,
                                      const storage::freshness::snapshot& routes);

}  // namespace lars::dns
