#include "agent/agent_metrics.hpp"

#include <string>

namespace lars::agent {
namespace {

using http::counter_metric;
using http::gauge_metric;

double number(std::uint64_t value) { return static_cast<double>(value); }

void add_link(std::vector<http::metric>& all, const link_stats& link, const char* server) {
  const auto one = [server](const char* name, const char* help, http::metric_kind kind, double value) {
    return http::metric{name, help, kind, {{{{"server", server}}, value}}};
  };
  http::merge(all, {one("lars_agent_connected", "1 while a server of this kind serves this agent.",
                        http::metric_kind::gauge, link.connected() ? 1 : 0),
                    one("lars_agent_server_well",
                        "1 while a server of this kind serves and does not say that it lacks its database.",
                        http::metric_kind::gauge, link.connected() && !link.ill() ? 1 : 0),
                    one("lars_agent_server_moves_total",
                        "Times that a server was left for one that is well, or for the preferred one.",
                        http::metric_kind::counter, number(link.moves())),
                    one("lars_agent_connections_total", "Times that a server began to serve this agent.",
                        http::metric_kind::counter, number(link.connections())),
                    one("lars_agent_unreachable_total", "Attempts to reach a server that failed.",
                        http::metric_kind::counter, number(link.unreachable())),
                    one("lars_agent_unreadable_messages_total",
                        "Messages of a server that are not what their id says; they were skipped.",
                        http::metric_kind::counter, number(link.unreadable()))});
}

std::uint64_t sum_of(std::span<const port_counts> ports, counter call_stats::*one) {
  std::uint64_t total = 0;
  for (const auto& port : ports) total += (port.calls->*one).value();
  return total;
}

}  // namespace

std::vector<http::metric> call_metrics(std::span<const port_counts> ports) {
  const auto sum = [ports](counter call_stats::*one) { return sum_of(ports, one); };
  std::uint64_t queue_full = 0;
  for (const auto& port : ports) queue_full += port.kernel_drops;
  return {
      counter_metric("lars_agent_picks_total", "Questions for a host, by answer.", "result",
                     {{"host", sum(&call_stats::hosts_given)},
                      {"overload", sum(&call_stats::overloads)},
                      {"no_such_module", sum(&call_stats::unknown_modules)},
                      {"busy", sum(&call_stats::busy)}}),
      counter_metric("lars_agent_reports_total", "Reports of calls, by what became of them.", "result",
                     {{"judged", sum(&call_stats::reports)},
                      {"former", sum(&call_stats::former_reports)},
                      {"ignored", sum(&call_stats::ignored_reports)}}),
      counter_metric("lars_agent_routes_given_total", "Questions for a whole route that were answered.",
                     sum(&call_stats::routes_given)),
      counter_metric("lars_agent_dropped_datagrams_total", "Datagrams that were dropped, by reason.", "reason",
                     {{"size", sum(&call_stats::dropped_size)},
                      {"id", sum(&call_stats::dropped_id)},
                      {"body", sum(&call_stats::dropped_body)},
                      {"queue_full", queue_full}}),
      counter_metric("lars_agent_lost_misses_total",
                     "Unknown modules that the control loop was too busy to be told of; callers ask again.",
                     sum(&call_stats::lost_misses)),
  };
}

std::vector<http::metric> route_metrics(const route_stats& control, const host_stats& hosts) {
  return {
      gauge_metric("lars_agent_modules", "Modules with a route, and those whose hosts went lately.",
                   number(control.modules)),
      counter_metric("lars_agent_modules_retired_total",
                     "Modules retired: their hosts were gone and nobody asked for them.", control.modules_retired),
      gauge_metric("lars_agent_unsaved_routes", "Modules whose last route the disk has not taken yet.",
                   number(control.unsaved_routes)),
      gauge_metric("lars_agent_module_settings", "Modules with settings of their own.",
                   number(control.modules_with_settings)),
      gauge_metric("lars_agent_refused_settings",
                   "Modules whose settings mean nothing to this agent; the last that did count.",
                   number(control.refused_settings)),
      gauge_metric("lars_agent_hosts", "Hosts that take calls, each module's counted.",
                   static_cast<double>(hosts.hosts)),
      gauge_metric("lars_agent_unused_hosts", "Hosts that subsets leave to other agents, each module's counted.",
                   number(control.unused_hosts)),
      gauge_metric("lars_agent_isolated_hosts", "Hosts shielded from calls because they failed.",
                   static_cast<double>(hosts.isolated)),
      counter_metric("lars_agent_isolations_total", "Times that a host was shielded.", hosts.isolations),
      counter_metric("lars_agent_returns_total", "Times that a shielded host was taken back.", hosts.returns),
      counter_metric("lars_agent_call_timeouts_total", "Calls that nobody told of within the lease of 5 s.",
                     hosts.timeouts),
      counter_metric("lars_agent_mode_switches_total",
                     "Times that a module of policy p2c went over to follow load reports, or back to latencies.",
                     hosts.mode_switches),
      counter_metric("lars_agent_pulls_total", "Routes that dns was asked for.", control.pulls),
      counter_metric("lars_agent_route_answers_total", "Routes that dns told, asked or not.", control.answers),
      counter_metric("lars_agent_refused_hosts_total",
                     "Hosts that dns told with an address or port that nobody can call; they were left out.",
                     control.refused_hosts),
      counter_metric("lars_agent_route_changes_total", "Routes that became others.", control.route_changes),
      gauge_metric("lars_agent_held_routes",
                   "Modules whose route is kept because the dns has not looked at its database since it came.",
                   number(control.held_on)),
  };
}

std::vector<http::metric> caller_metrics(const caller_stats& callers, std::uint64_t run_dir_restored) {
  return {
      gauge_metric("lars_agent_callers", "Processes that share memory with this agent.", number(callers.callers)),
      gauge_metric("lars_agent_caller_bytes", "Memory that they count their calls in.", number(callers.caller_bytes)),
      gauge_metric("lars_agent_routes_bytes", "Shared memory that routes take.", number(callers.routes_bytes)),
      counter_metric("lars_agent_callers_attached_total", "Processes that were taken in, by whether they had counters.",
                     "kind", {{"new", callers.attached - callers.returned}, {"returned", callers.returned.load()}}),
      counter_metric("lars_agent_callers_refused_total", "Processes, or memory for them, that were refused, by reason.",
                     "reason",
                     {{"layout", callers.refused_layout.load()},
                      {"limit", callers.refused_full.load()},
                      {"process", callers.refused_process.load()},
                      {"memory", callers.refused_memory.load()}}),
      counter_metric("lars_agent_callers_dropped_total",
                     "Processes that were dropped because what they sent or counted made no sense.", callers.dropped),
      counter_metric("lars_agent_counts_rejected_total", "Counts of processes that went backwards.", callers.rejected),
      counter_metric("lars_agent_lane_picks_total", "Calls that began, as processes that share memory counted them.",
                     callers.picks),
      counter_metric("lars_agent_lane_calls_total", "Calls that ended, as they counted them, by how they went.",
                     "result",
                     {{"success", callers.ends - callers.failures},
                      {"failure", callers.failures.load()},
                      {"unknown", callers.abandoned.load()},
                      {"given_back", callers.given_back.load()}}),
      counter_metric("lars_agent_lane_calls_ignored_total",
                     "Calls that could not be counted: dns knows no such module, or they were too many.",
                     callers.ignored),
      counter_metric("lars_agent_asks_refused_total", "Modules that a process asked for beyond its share.",
                     callers.asks_refused),
      gauge_metric("lars_agent_calls_waiting", "Calls that ended and wait for dns to tell of their module.",
                   number(callers.waiting)),
      counter_metric("lars_agent_run_dir_restored_total",
                     "Times that the run directory, its lock or its socket was removed and made again.",
                     run_dir_restored),
  };
}

std::vector<http::metric> load_metrics(std::span<const port_counts> ports, const caller_stats& callers) {
  return {counter_metric("lars_agent_load_reports_total",
                         "Load reports of hosts that callers passed on, by what became of them.", "result",
                         {{"taken", sum_of(ports, &call_stats::loads_taken) + callers.loads_taken},
                          {"ignored", sum_of(ports, &call_stats::loads_ignored) + callers.loads_ignored},
                          {"rejected", sum_of(ports, &call_stats::loads_rejected) + callers.loads_rejected}})};
}

std::vector<http::metric> report_metrics(const report_stats& stats) {
  return {
      counter_metric("lars_agent_batches_total", "Batches of results put into the spool.", stats.batches),
      counter_metric("lars_agent_batches_delivered_total", "Batches that a reporter committed, or an old one took.",
                     stats.acknowledged),
      counter_metric("lars_agent_batches_resent_total", "Batches that were sent once more.", stats.resent),
      counter_metric("lars_agent_batches_merged_total",
                     "Batches that became part of a coarser one because the spool had reached its bound.",
                     stats.merged),
      counter_metric("lars_agent_spool_failures_total",
                     "Drains of the counters that could not be written to the spool; the calls stayed in the counters.",
                     stats.failures),
      gauge_metric("lars_agent_counters_in_memory",
                   "1 where calls are counted in memory alone because the disk had no room: a kill of the agent loses "
                   "those not spooled yet.",
                   number(stats.counters_in_memory)),
      gauge_metric("lars_agent_spool_bytes", "Results on disk.", number(stats.spool_bytes)),
      gauge_metric("lars_agent_batches_waiting", "Batches on disk that nobody has acknowledged.",
                   number(stats.waiting)),
  };
}

std::vector<http::metric> link_metrics(const link_stats& dns, const link_stats* reporter, base::time_point now) {
  std::vector<http::metric> all{
      gauge_metric("lars_agent_route_age_seconds",
                   "Since the last complete look at the database by the dns that serves this "
                   "agent, or that did last; of a dns that does not tell, how long it is gone.",
                   dns.age(now).count())};
  add_link(all, dns, "dns");
  if (reporter != nullptr) add_link(all, *reporter, "reporter");
  return all;
}

}  // namespace lars::agent
