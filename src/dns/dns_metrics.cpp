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
                                      const storage::freshness::state& routes) {
  using http::counter_metric;
  using http::gauge_metric;
  return {
      gauge_metric("lars_dns_loaded", "1 once the route table has been loaded.", sessions.loaded ? 1 : 0),
      gauge_metric("lars_dns_storage_up",
                   "1 while the database answers and nothing that it said before it was away is in doubt.",
                   routes.is_well() ? 1 : 0),
      gauge_metric("lars_dns_route_age_seconds",
                   "Since the last complete look at the database began; 0 before the first one.",
                   seconds(routes.age.value_or(storage::freshness::ms(0)))),
      gauge_metric("lars_dns_modules", "Modules with hosts in the route table.", number(sessions.modules)),
      gauge_metric("lars_dns_hosts", "Hosts in the route table.", number(sessions.hosts)),
      gauge_metric("lars_dns_module_settings", "Modules with settings of their own.",
                   number(watch.modules_with_settings)),
      gauge_metric("lars_dns_refused_settings",
                   "Modules whose settings in the database are not allowed; the last that were count.",
                   number(watch.refused_settings)),
      gauge_metric("lars_dns_refused_rows",
                   "Rows of routes in the database that hold what is not allowed; they are left out, or that part is.",
                   number(watch.refused_rows)),
      gauge_metric("lars_dns_unusable_modules",
                   "Modules whose rows in the database name no host that can be called; the last good route stays.",
                   number(watch.unusable_modules)),
      gauge_metric("lars_dns_route_version",
                   "RouteVersion.version at the last look; about the Unix time of the change.", number(watch.version)),
      gauge_metric("lars_dns_subscriptions", "Modules that agents follow, each agent counted.",
                   number(sessions.subscriptions)),
      gauge_metric("lars_dns_unread_bytes", "Answers that agents have not read yet.", number(sessions.unread)),
      counter_metric("lars_dns_answers_total", "Modules told to agents that asked.", sessions.answers),
      counter_metric("lars_dns_pushes_total", "Modules told to agents because they changed.", sessions.pushes),
      counter_metric("lars_dns_changes_total", "Modules whose content changed.", sessions.changes),
      counter_metric("lars_dns_unknown_frames_total", "Messages with an id that means nothing to a dns.",
                     sessions.skipped),
      counter_metric("lars_dns_unreadable_messages_total",
                     "Messages that are not what their id says; they were skipped.", sessions.unreadable),
      counter_metric("lars_dns_subscriptions_refused_total",
                     "Connections closed because more modules were followed than may be.", sessions.refused),
      counter_metric("lars_dns_storage_failures_total", "Looks at the database that failed.", watch.storage_failures),
      counter_metric("lars_dns_late_changes_total",
                     "Ranges of RouteChange's ids in which rows appeared far below the highest id.",
                     watch.late_changes),
      counter_metric("lars_dns_reconciles_total", "Complete comparisons of the route table with the database.",
                     watch.reconciles),
      sessions.push_seconds.read(
          "lars_dns_push_latency_seconds",
          "From the look that found a change to its push being handed to an agent's connection."),
  };
}

}  // namespace lars::dns
