#include "dns/dns_metrics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lars::dns {
namespace {

double number(const std::atomic<std::uint64_t>& gauge) { return static_cast<double>(gauge.load()); }

double seconds(storage::freshness::ms time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::vector<http::metric> dns_metrics(const session_stats& sessions, const watch_stats& watch,
                                      const storage::freshness::snapshot& routes) {
  using http::counter_metric;
  using http::gauge_metric;
  return {
      gauge_metric("lars_dns_loaded", "1 once the route table has been loaded.", sessions.loaded ? 1 : 0),
      gauge_metric("lars_dns_storage_up",
                   "1 while the database answers and everything missed during its last outage has been compared.",
                   routes.is_well() ? 1 : 0),
      gauge_metric("lars_dns_route_age_seconds",
                   "Time since the last complete poll of the database began; 0 before the first one.",
                   seconds(routes.age.value_or(storage::freshness::ms(0)))),
      gauge_metric("lars_dns_modules", "Modules with hosts in the route table.", number(sessions.modules)),
      gauge_metric("lars_dns_hosts", "Hosts in the route table.", number(sessions.hosts)),
      gauge_metric("lars_dns_module_settings", "Modules with settings in force.", number(watch.modules_with_settings)),
      gauge_metric("lars_dns_refused_settings",
                   "Modules whose settings in the database are invalid; their last valid settings stay in force.",
                   number(watch.refused_settings)),
      gauge_metric("lars_dns_refused_rows",
                   "Route rows in the database with an invalid value; the row, or its invalid part, is ignored.",
                   number(watch.refused_rows)),
      gauge_metric("lars_dns_unusable_modules",
                   "Modules whose rows in the database name no valid host; they keep their last good route.",
                   number(watch.unusable_modules)),
      gauge_metric("lars_dns_route_version",
                   "RouteVersion.version at the last poll: roughly the Unix time of the last change.",
                   number(watch.version)),
      gauge_metric("lars_dns_subscriptions", "Subscriptions of agents to modules.", number(sessions.subscriptions)),
      gauge_metric("lars_dns_unread_bytes", "Bytes of answers that agents have not read yet.", number(sessions.unread)),
      counter_metric("lars_dns_answers_total", "Routes sent to agents on request.", sessions.answers),
      counter_metric("lars_dns_pushes_total", "Routes pushed to agents after a change.", sessions.pushes),
      counter_metric("lars_dns_changes_total", "Changes of modules: hosts or settings.", sessions.changes),
      counter_metric("lars_dns_unknown_frames_total", "Messages with an unknown id; they are ignored.",
                     sessions.skipped),
      counter_metric("lars_dns_unreadable_messages_total",
                     "Messages whose body could not be decoded; they are ignored.", sessions.unreadable),
      counter_metric("lars_dns_subscriptions_refused_total", "Connections closed for exceeding a subscription limit.",
                     sessions.refused),
      counter_metric("lars_dns_storage_failures_total", "Polls and loads of the database that failed.",
                     watch.storage_failures),
      counter_metric("lars_dns_late_changes_total",
                     "RouteChange id ranges in which rows appeared late, far below the highest id.",
                     watch.late_changes),
      counter_metric("lars_dns_reconciles_total", "Complete comparisons of the route table with the database.",
                     watch.reconciles),
      sessions.push_seconds.read(
          "lars_dns_push_latency_seconds",
          "Time from the poll that found a change to queueing its push on an agent's connection."),
  };
}

}  // namespace lars::dns
