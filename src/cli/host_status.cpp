#include "cli/host_status.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lars::cli {

std::int64_t window_begin(std::int64_t now) {
  const std::int64_t running = now - now % storage::finest_step;
  return running - status_window + storage::finest_step;
}

std::vector<host_status> host_statuses(std::span<const storage::call_status_row> statuses,
                                       std::span<const storage::history_row> history, std::int64_t now) {
  std::map<std::pair<route_key, endpoint>, std::pair<host_status, base::call_sums>> hosts;
  for (const auto& row : statuses) {
    auto& host = hosts[{row.key, row.where}].first;
    host.last_seen = std::max(host.last_seen, row.ts);
    if (row.ts < now - verdict_lifetime) continue;
    ++host.told_by;
    host.isolated_by += row.overload ? 1 : 0;
  }
  for (const auto& row : history) {
    auto& [host, sums] = hosts[{row.key, row.where}];
    sums += row.sums;
    host.last_seen = std::max(host.last_seen, std::min<std::int64_t>(row.bucket + row.step, now));
  }
  const double span = static_cast<double>(std::max<std::int64_t>(1, now - window_begin(now)));
  std::vector<host_status> all;
  for (auto& [name, found] : hosts) {
    auto& [host, sums] = found;
    std::tie(host.key, host.where) = name;
    host.calls_per_second = static_cast<double>(sums.calls()) / span;
    if (sums.calls() > 0) host.success_rate = static_cast<double>(sums.succ) / static_cast<double>(sums.calls());
    host.p50_us = base::latency_quantile_us(sums, 0.5);
    host.p99_us = base::latency_quantile_us(sums, 0.99);
    all.push_back(host);
  }
  return all;
}

}  // namespace lars::cli
