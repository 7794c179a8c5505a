#include "bench/transport_bench.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "bench/counted_check.hpp"
#include "bench/pick_load.hpp"
#include "bench/route_churn.hpp"

namespace lars::bench {
namespace {

constexpr std::size_t modules_of_a_caller = 10;
constexpr double mb = 1 << 20;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }
double in_mb(std::uint64_t bytes) { return static_cast<double>(bytes) / mb; }

std::chrono::nanoseconds no_server() { return {}; }

double machine_load() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

double percent(std::chrono::nanoseconds used, std::chrono::nanoseconds passed) {
  return 100.0 * static_cast<double>(used.count()) / static_cast<double>(passed.count());
}

// The agent, and a process that changes its routes.
struct measured_roles {
  std::unique_ptr<own_agent> agent;
  std::unique_ptr<child_task> churn;
};

std::vector<std::string> policies_of(const transport_settings& settings) {
  return settings.policies.empty() ? std::vector{std::string()} : settings.policies;
}

result<measured_roles> set_up(const std::filesystem::path& program, const transport_settings& settings,
                              const std::string& policy, std::ostream& progress) {
  measured_roles roles;
  auto agent = own_agent::start({program, settings.size, policy, settings.reporter}, progress);
  if (!agent) return agent.error();
  roles.agent = *std::move(agent);
  auto churn = start_route_churn(roles.agent->storage(), settings.size, settings.churn);
  if (!churn) return churn.error();
  roles.churn = *std::move(churn);
  return roles;
}

pick_load_config load_of(const measured_roles& roles, const transport_settings& settings, client::transport transport) {
  pick_load_config load;
  load.where = roles.agent->through(transport);
  load.modules = roles.agent->modules();
  load.processes = settings.processes;
  load.threads = settings.threads;
  load.warm_up = settings.warm_up;
  load.each = settings.each;
  load.rate = settings.rate;
  load.marks = settings.marks;
  load.cpu = settings.cpu;
  return load;
}

figure_row common_figures(const transport_settings& settings) {
  return {{"modules", std::int64_t{settings.size.modules}},
          {"hosts", std::int64_t{settings.size.hosts}},
          {"processes", number(settings.processes)},
          {"threads", number(settings.threads)}};
}

void add_counted(figure_row& row, const load_totals& totals, const counted_calls& counted, std::uint64_t errors) {
  row.insert(row.end(), {{"route_changes", number(counted.route_changes)},
                         {"errors", number(errors)},
                         {"picks", number(totals.picks)},
                         {"reports", number(totals.ends)},
                         {"counted_picks", number(counted.picks)},
                         {"counted_reports", number(counted.ends)},
                         {"checksum", std::to_string(totals.checksum)},
                         {"machine_load", machine_load()}});
}

result<transport_figures> measure_transport(const measured_roles& roles, const transport_settings& settings,
                                            client::transport transport) {
  auto config = load_of(roles, settings, transport);
  config.parts = {load_part::pick_and_report, load_part::pick_alone, load_part::one_by_one};
  auto check = counted_check::begin(*roles.agent, transport);
  if (!check) return check.error();
  const auto load = pick_load::start(config);
  if (!load) return load.error();
  if (const auto ready = check->forget_changes(); !ready) return ready.error();
  const auto parts = (*load)->run([&] { return roles.agent->role().cpu_time(); });
  if (!parts) return parts.error();
  const auto totals = (*load)->close();
  if (!totals) return totals.error();
  const auto counted = check->end(*totals);
  if (!counted) return counted.error();
  const auto& watch = (*load)->watch();
  const auto ns = [&](const tick_histogram& times, double share, std::size_t calls) {
    return watch.to_ns(static_cast<double>(times.percentile(share)) / static_cast<double>(calls));
  };
  const auto &both = parts->at(0), &alone = parts->at(1), &single = parts->at(2);
  figure_row row{{"transport", std::string(transport == client::transport::shared_memory ? "shm" : "udp")}};
  const auto common = common_figures(settings);
  row.insert(row.end(), common.begin(), common.end());
  row.insert(row.end(), {{"calls_per_second", both.calls_per_second},
                         {"calls_per_cpu_second", both.calls_per_cpu_second},
                         {"p50_ns", ns(both.times, 0.5, batch_calls)},
                         {"p99_ns", ns(single.times, 0.99, 1)},
                         {"p999_ns", ns(single.times, 0.999, 1)},
                         {"single_p50_ns", ns(single.times, 0.5, 1)},
                         {"timer_ns", watch.to_ns(static_cast<double>(watch.own_cost()))},
                         {"timer", std::string(watch.counts_cycles() ? "tsc" : "clock_gettime")},
                         {"pick_p50_ns", ns(alone.times, 0.5, batch_calls)},
                         {"agent_cpu_percent", percent(both.server_cpu, settings.each)}});
  add_counted(row, *totals, *counted, both.errors + alone.errors + single.errors);
  return transport_figures{std::move(row), counted->wrong};
}

}  // namespace

result<std::vector<transport_figures>> measure_transports(const std::filesystem::path& program,
                                                          const transport_settings& settings, std::ostream& progress) {
  std::vector<transport_figures> all;
  for (const auto& policy : policies_of(settings)) {
    const auto roles = set_up(program, settings, policy, progress);
    if (!roles) return roles.error();
    for (const auto transport : settings.transports) {
      auto figures = measure_transport(*roles, settings, transport);
      if (!figures) return figures.error();
      if (!policy.empty()) figures->row.insert(figures->row.begin(), {"policy", policy});
      all.push_back(*std::move(figures));
    }
  }
  return all;
}

result<transport_figures> measure_agent_cost(const std::filesystem::path& program, const transport_settings& settings,
                                             std::ostream& progress) {
  const auto roles = set_up(program, settings, policies_of(settings).front(), progress);
  if (!roles) return roles.error();
  const auto& agent = *roles->agent;
  const auto transport = settings.transports.front();
  auto config = load_of(*roles, settings, transport);
  config.parts = {load_part::paced, load_part::pick_and_report};
  auto check = counted_check::begin(agent, transport);
  if (!check) return check.error();
  const auto load = pick_load::start(config);
  if (!load) return load.error();
  if (const auto ready = check->forget_changes(); !ready) return ready.error();
  const auto parts = (*load)->run([&] { return agent.role().cpu_time(); });
  if (!parts) return parts.error();
  const auto metrics = agent.metrics();
  if (!metrics) return metrics.error();
  const auto memory = agent.own_memory(*metrics);
  const auto heap = memory_of(agent.role().pid()).anonymous;
  const auto checkpoint = mapped_files_of(agent.role().pid(), "/memfd:lars-checkpoint");
  const auto totals = (*load)->close();
  if (!totals) return totals.error();
  const auto counted = check->end(*totals);
  if (!counted) return counted.error();
  const auto &paced = parts->at(0), &full = parts->at(1);
  auto row = common_figures(settings);
  row.insert(
      row.end(),
      {{"rate", settings.rate},
       {"calls_per_second", static_cast<double>(paced.calls) / std::chrono::duration<double>(settings.each).count()},
       {"agent_cpu_percent", percent(paced.server_cpu, settings.each)},
       {"full_speed_calls_per_second", full.calls_per_second},
       {"full_speed_agent_cpu_percent", percent(full.server_cpu, settings.each)},
       {"agent_bytes_per_host", static_cast<double>(memory) / static_cast<double>(settings.size.rows())},
       {"agent_heap_mb", in_mb(heap)},
       {"routes_mb", in_mb(metrics->sum("lars_agent_routes_bytes"))},
       {"counters_mb", in_mb(metrics->sum("lars_agent_caller_bytes"))},
       {"checkpoints_mb", in_mb(checkpoint)}});
  add_counted(row, *totals, *counted, paced.errors + full.errors);
  return transport_figures{std::move(row), counted->wrong};
}

result<transport_figures> measure_callers(const std::filesystem::path& program, const transport_settings& settings,
                                          std::ostream& progress) {
  const auto roles = set_up(program, settings, policies_of(settings).front(), progress);
  if (!roles) return roles.error();
  const auto& agent = *roles->agent;
  auto config = load_of(*roles, settings, client::transport::shared_memory);
  config.warm_up = {};
  // One caller comes first, so that the routes are loaded and later growth is that of callers alone.
  config.processes = 1;
  config.modules_each = 0;
  {
    const auto first = pick_load::start(config);
    if (!first) return first.error();
    if (const auto done = (*first)->run(no_server); !done) return done.error();
    if (const auto closed = (*first)->close(); !closed) return closed.error();
  }
  config.processes = settings.callers;
  config.modules_each = modules_of_a_caller;
  auto check = counted_check::begin(agent, client::transport::shared_memory);
  if (!check) return check.error();
  const auto before = memory_of(agent.role().pid());
  const auto load = pick_load::start(config);
  if (!load) return load.error();
  const auto metrics = agent.metrics();
  if (!metrics) return metrics.error();
  const auto after = memory_of(agent.role().pid());
  const auto counters = metrics->sum("lars_agent_caller_bytes");
  const auto checkpoints = mapped_files_of(agent.role().pid(), "/memfd:lars-checkpoint");
  const auto heap = after.anonymous - std::min(before.anonymous, after.anonymous);
  const auto attached = metrics->sum("lars_agent_callers");
  if (const auto done = (*load)->run(no_server); !done) return done.error();
  const auto totals = (*load)->close();
  if (!totals) return totals.error();
  const auto counted = check->end(*totals);
  if (!counted) return counted.error();
  figure_row row{{"callers", number(settings.callers)},
                 {"modules_each", number(std::min(modules_of_a_caller, config.modules.size()))},
                 {"attached", number(attached)},
                 {"counters_mb", in_mb(counters)},
                 {"checkpoints_mb", in_mb(checkpoints)},
                 {"agent_heap_growth_mb", in_mb(heap)},
                 {"together_mb", in_mb(counters + heap)}};  // counters_mb includes room for the checkpoints
  add_counted(row, *totals, *counted, 0);
  return transport_figures{std::move(row), counted->wrong};
}

}  // namespace lars::bench
