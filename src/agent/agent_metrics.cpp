#include "agent/agent_metrics.hpp"

#include <string>

#include "balance/table/module_format.hpp"

namespace lars::agent {
namespace {

using http::counter_metric;
using http::gauge_metric;

double number(std::uint64_t value) { return static_cast<double>(value); }

void add_link(std::vector<http::metric>& all, const link_stats& link, const char* server) {
  const auto metric = [server](const char* name, const char* help, http::metric_kind kind, double value) {
    return http::metric{name, help, kind, {{{{"server", server}}, value}}};
  };
  http::merge(all, {metric("lars_agent_connected", "1 while this agent is connected to a server of this kind.",
                           http::metric_kind::gauge, link.connected() ? 1 : 0),
                    metric("lars_agent_server_well",
                           "1 while connected to a server that does not report that its database is lost.",
                           http::metric_kind::gauge, link.connected() && !link.is_unhealthy() ? 1 : 0),
                    metric("lars_agent_server_moves_total", "Switches to a healthy or a preferred server.",
                           http::metric_kind::counter, number(link.moves())),
                    metric("lars_agent_connections_total", "Connections made to a server.", http::metric_kind::counter,
                           number(link.connections())),
                    metric("lars_agent_unreachable_total", "Failed attempts to connect to a server.",
                           http::metric_kind::counter, number(link.unreachable())),
                    metric("lars_agent_unreadable_messages_total",
                           "Messages from a server that could not be decoded and were skipped.",
                           http::metric_kind::counter, number(link.unreadable()))});
}

std::uint64_t sum_of(std::span<const port_counts> ports, counter call_stats::*member) {
  std::uint64_t total = 0;
  for (const auto& port : ports) total += (port.calls->*member).value();
  return total;
}

}  // namespace

std::vector<http::metric> call_metrics(std::span<const port_counts> ports) {
  const auto sum = [ports](counter call_stats::*member) { return sum_of(ports, member); };
  std::uint64_t queue_full = 0;
  for (const auto& port : ports) queue_full += port.kernel_drops;
  return {
      counter_metric("lars_agent_picks_total", "Requests for a host, by result.", "result",
                     {{"host", sum(&call_stats::hosts_given)},
                      {"overload", sum(&call_stats::overloads)},
                      {"no_such_module", sum(&call_stats::unknown_modules)},
                      {"busy", sum(&call_stats::busy)}}),
      counter_metric("lars_agent_reports_total", "Call reports received over UDP, by result.", "result",
                     {{"judged", sum(&call_stats::reports)},
                      {"former", sum(&call_stats::former_reports)},
                      {"ignored", sum(&call_stats::ignored_reports)}}),
      counter_metric("lars_agent_routes_given_total", "Answered requests for a whole route.",
                     sum(&call_stats::routes_given)),
      counter_metric("lars_agent_dropped_datagrams_total", "Dropped datagrams, by reason.", "reason",
                     {{"size", sum(&call_stats::dropped_size)},
                      {"id", sum(&call_stats::dropped_id)},
                      {"body", sum(&call_stats::dropped_body)},
                      {"queue_full", queue_full}}),
      counter_metric("lars_agent_lost_misses_total",
                     "Requests for unknown modules dropped because an internal queue was full; callers retry.",
                     sum(&call_stats::lost_misses)),
  };
}

std::vector<http::metric> route_metrics(const route_stats& routes, const host_stats& hosts) {
  return {
      gauge_metric("lars_agent_modules", "Known modules, including recently emptied ones.", number(routes.modules)),
      counter_metric("lars_agent_modules_retired_total",
                     "Modules retired because they had no hosts and were not in use.", routes.modules_retired),
      gauge_metric("lars_agent_unsaved_routes", "Modules whose last route is not saved to disk yet.",
                   number(routes.unsaved_routes)),
      gauge_metric("lars_agent_module_settings", "Modules with their own settings.",
                   number(routes.modules_with_settings)),
      gauge_metric("lars_agent_refused_settings",
                   "Modules whose new settings are not valid for this agent; the previous ones stay in use.",
                   number(routes.refused_settings)),
      gauge_metric("lars_agent_hosts", "Hosts that take calls, summed over modules.", static_cast<double>(hosts.hosts)),
      gauge_metric("lars_agent_unused_hosts", "Hosts outside this agent's subsets, summed over modules.",
                   number(routes.unused_hosts)),
      gauge_metric("lars_agent_isolated_hosts", "Ejected hosts: they get no calls because they failed.",
                   static_cast<double>(hosts.isolated)),
      counter_metric("lars_agent_isolations_total", "Ejections of a host.", hosts.isolations),
      counter_metric("lars_agent_returns_total", "Readmissions of an ejected host.", hosts.returns),
      counter_metric("lars_agent_call_timeouts_total", "Calls whose result was not reported within 5 s.",
                     hosts.timeouts),
      counter_metric("lars_agent_mode_switches_total",
                     "Switches of modules with policy p2c between load reports and latencies.", hosts.mode_switches),
      counter_metric("lars_agent_pulls_total", "Routes requested from dns.", routes.pulls),
      counter_metric("lars_agent_route_answers_total", "Routes received from dns, requested or pushed.",
                     routes.answers),
      counter_metric("lars_agent_refused_hosts_total",
                     "Hosts received from dns with an invalid address or port; they were left out.",
                     routes.refused_hosts),
      counter_metric("lars_agent_route_changes_total", "Route updates that changed a module's hosts or settings.",
                     routes.route_changes),
      gauge_metric("lars_agent_held_routes",
                   "Modules whose new answer is held back because dns may have sent outdated data.",
                   number(routes.held_back)),
  };
}

namespace {

http::metric refused_layouts(const layout_counts& counts) {
  http::metric all{"lars_agent_callers_refused_layout_total",
                   "Refused processes whose library reads another layout of shared memory, by that layout.",
                   http::metric_kind::counter,
                   {}};
  const auto add = [&all](std::string layout, std::uint64_t count) {
    all.samples.push_back({{{"layout", std::move(layout)}}, static_cast<double>(count)});
  };
  counts.for_each([&add](std::uint32_t layout, std::uint64_t count) { add(balance::text_of_layout(layout), count); });
  add("other", counts.others());
  return all;
}

}  // namespace

std::vector<http::metric> caller_metrics(const caller_stats& callers, std::uint64_t run_dir_restored) {
  return {
      refused_layouts(callers.refused_layouts),
      gauge_metric("lars_agent_callers", "Processes that share memory with this agent.", number(callers.callers)),
      gauge_metric("lars_agent_caller_bytes", "Shared memory of callers' counters, in bytes.",
                   number(callers.caller_bytes)),
      gauge_metric("lars_agent_routes_bytes", "Shared memory in use for routes, in bytes.",
                   number(callers.routes_bytes)),
      counter_metric("lars_agent_callers_attached_total",
                     "Attached processes: new, or returned with counters from before.", "kind",
                     {{"new", callers.attached - callers.returned}, {"returned", callers.returned.load()}}),
      counter_metric("lars_agent_callers_refused_total",
                     "Refused processes, or requests of them for memory, by reason.", "reason",
                     {{"layout", callers.refused_layout.load()},
                      {"limit", callers.refused_full.load()},
                      {"process", callers.refused_process.load()},
                      {"memory", callers.refused_memory.load()}}),
      counter_metric("lars_agent_callers_dropped_total", "Processes dropped because of malformed messages or counters.",
                     callers.dropped),
      counter_metric("lars_agent_counts_rejected_total", "Counter values of processes that decreased and were ignored.",
                     callers.rejected),
      counter_metric("lars_agent_lane_picks_total", "Calls begun by processes that share memory.", callers.picks),
      counter_metric("lars_agent_lane_calls_total", "Calls ended by processes that share memory, by result.", "result",
                     {{"success", callers.ends - callers.failures},
                      {"failure", callers.failures.load()},
                      {"unknown", callers.abandoned.load()},
                      {"given_back", callers.released_in_flight.load()}}),
      counter_metric("lars_agent_lane_calls_ignored_total",
                     "Calls not counted because dns does not know their module, or a limit was reached.",
                     callers.ignored),
      counter_metric("lars_agent_asks_refused_total",
                     "Requests for unknown modules refused because a process made too many.", callers.asks_refused),
      gauge_metric("lars_agent_calls_waiting", "Ended calls that wait for dns to answer for their module.",
                   number(callers.waiting)),
      counter_metric("lars_agent_run_dir_restored_total",
                     "Times that the run directory, its lock or its socket was removed and restored.",
                     run_dir_restored),
  };
}

std::vector<http::metric> load_metrics(std::span<const port_counts> ports, const caller_stats& callers) {
  return {counter_metric("lars_agent_load_reports_total", "Load reports of hosts, forwarded by callers, by result.",
                         "result",
                         {{"taken", sum_of(ports, &call_stats::loads_taken) + callers.loads_taken},
                          {"ignored", sum_of(ports, &call_stats::loads_ignored) + callers.loads_ignored},
                          {"rejected", sum_of(ports, &call_stats::loads_rejected) + callers.loads_rejected}})};
}

std::vector<http::metric> report_metrics(const report_stats& stats) {
  return {
      counter_metric("lars_agent_batches_total", "Batches of results appended to the spool.", stats.batches),
      counter_metric("lars_agent_batches_delivered_total", "Batches committed by a reporter, or sent to an old one.",
                     stats.acknowledged),
      counter_metric("lars_agent_batches_resent_total", "Batches sent again.", stats.resent),
      counter_metric("lars_agent_batches_merged_total",
                     "Batches merged into coarser ones because the spool reached its limit.", stats.merged),
      counter_metric("lars_agent_spool_failures_total",
                     "Drains of the counters that could not be written to the spool; the calls stayed in the counters.",
                     stats.failures),
      gauge_metric(
          "lars_agent_counters_in_memory",
          "1 if calls are counted in memory only, because the disk is full; a kill would lose unspooled calls.",
          number(stats.counters_in_memory)),
      gauge_metric("lars_agent_spool_bytes", "Results on disk, in bytes.", number(stats.spool_bytes)),
      gauge_metric("lars_agent_batches_waiting", "Batches on disk that no reporter has acknowledged.",
                   number(stats.waiting)),
  };
}

std::vector<http::metric> link_metrics(const link_stats& dns, const link_stats* reporter, base::time_point now) {
  std::vector<http::metric> all{
      gauge_metric("lars_agent_route_age_seconds",
                   "Time since dns last polled its database completely; for a dns that does not report it, time since "
                   "the connection was lost.",
                   dns.age(now).count())};
  add_link(all, dns, "dns");
  if (reporter != nullptr) add_link(all, *reporter, "reporter");
  return all;
}

}  // namespace lars::agent
