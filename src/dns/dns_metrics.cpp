#include "dns/dns_metrics.hpp"

namespace lars::dns {
namespace {

double number(const dns_stats::gauge& gauge) { return static_cast<double>(gauge.load()); }

double seconds(storage::freshness::ms time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::vector<http::metric> dns_metrics(const dns_stats& stats, storage::freshness::ms since_boot) {
  using http::counter_metric;
  using http::gauge_metric;
  const auto routes = stats.routes.at(since_boot);
  return {
      gauge_metric("lars_dns_loaded", "1 once the route table has been loaded.", stats.loaded ? 1 : 0),
      gauge_metric("lars_dns_storage_up",
                   "1 while the database answers and nothing that it said before it was away is in doubt.",
                   routes.is_well() ? 1 : 0),
      gauge_metric("lars_dns_route_age_seconds",
                   "Since the last complete look at the database began; 0 before the first one.",
                   seconds(routes.age.value_or(storage::freshness::ms(0)))),
      gauge_metric("lars_dns_modules", "Modules with hosts in the route table.", number(stats.modules)),
      gauge_metric("lars_dns_hosts", "Hosts in the route table.", number(stats.hosts)),
      gauge_metric("lars_dns_module_settings", "Modules with settings of their own.",
                   number(stats.modules_with_settings)),
      gauge_metric("lars_dns_refused_settings",
                   "Modules whose settings in the database are not allowed; the last that were count.",
                   number(stats.refused_settings)),
      gauge_metric("lars_dns_refused_rows",
                   "Rows of routes in the database that hold what is not allowed; they are left out, or that part is.",
                   number(stats.refused_rows)),
      gauge_metric("lars_dns_unusable_modules",
                   "Modules whose rows in the database name no host that can be called; the last good route stays.",
                   number(stats.unusable_modules)),
      gauge_metric("lars_dns_route_version",
                   "RouteVersion.version at the last look; about the Unix time of the change.", number(stats.version)),
      gauge_metric("lars_dns_subscriptions", "Modules that agents follow, each agent counted.",
                   number(stats.subscriptions)),
      gauge_metric("lars_dns_unread_bytes", "Answers that agents have not read yet.", number(stats.unread)),
      counter_metric("lars_dns_answers_total", "Modules told to agents that asked.", stats.answers),
      counter_metric("lars_dns_pushes_total", "Modules told to agents because they changed.", stats.pushes),
      counter_metric("lars_dns_changes_total", "Modules whose content changed.", stats.changes),
      counter_metric("lars_dns_unknown_frames_total", "Messages with an id that means nothing to a dns.",
                     stats.skipped),
      counter_metric("lars_dns_unreadable_messages_total",
                     "Messages that are not what their id says; they were skipped.", stats.unreadable),
      counter_metric("lars_dns_subscriptions_refused_total",
                     "Connections closed because more modules were followed than may be.", stats.refused),
      counter_metric("lars_dns_storage_failures_total", "Looks at the database that failed.", stats.storage_failures),
      counter_metric("lars_dns_late_changes_total",
                     "Ranges of RouteChange's ids in which rows appeared far below the highest id.",
                     stats.late_changes),
      counter_metric("lars_dns_reconciles_total", "Complete comparisons of the route table with the database.",
                     stats.reconciles),
      stats.push_seconds.read("lars_dns_push_latency_seconds",
                              "From the look that found a change to its push being handed to an agent's connection."),
  };
}

}  // namespace lars::dns
