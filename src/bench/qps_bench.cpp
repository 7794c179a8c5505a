#include "bench/qps_bench.hpp"

#include <boost/program_options.hpp>

#include "base/endpoint.hpp"
#include "bench/figures.hpp"
#include "bench/public_bench.hpp"
#include "bench/qps_compare.hpp"
#include "bench/qps_load.hpp"
#include "bench/qps_options.hpp"
#include "bench/transport_bench.hpp"
#include "client/udp_transport.hpp"

namespace lars::bench {
namespace {

enum exit_code : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_not_found = 3 };

int fail(const qps_environment& env, const lars::error& failure) {
  env.err << "lars bench qps: " << failure.text() << '\n';
  return failure.code == errc::no_such_module ? exit_not_found : exit_failed;
}

// Checks that the agent answers and knows the first module: otherwise the load would measure nothing.
result<void> check_agent(const load_config& load) {
  const route_key key = load.modules.front();
  auto transport = client::udp_transport::open({load.target, {}});
  if (!transport) return transport.error();
  const auto where = transport->get_host(key);
  if (where) return {};
  if (where.error().code == errc::timeout)
    return {errc::timeout, "the agent at " + base::format_endpoint(load.target) + " does not answer"};
  if (where.error().code == errc::connection_refused) return where.error();
  return {where.error().code,
          std::to_string(key.modid) + ' ' + std::to_string(key.cmdid) + "; choose another with --module M C"};
}

int measure_running(const qps_settings& settings, const qps_environment& env) {
  load_config load = settings.load;
  load.target = env.agent;
  if (const auto ready = check_agent(load); !ready) return fail(env, ready.error());
  const auto figures = run_load(load);
  if (!figures) return fail(env, figures.error());
  const figure_row row{{"threads", static_cast<std::int64_t>(load.threads)},
                       {"calls_per_second", figures->calls_per_second},
                       {"p50_us", figures->p50_us},
                       {"p99_us", figures->p99_us},
                       {"p999_us", figures->p999_us},
                       {"calls", static_cast<std::int64_t>(figures->calls)},
                       {"errors", static_cast<std::int64_t>(figures->errors)}};
  settings.json ? print_json(row, env.out) : print_table({row}, env.out);
  return figures->calls > 0 ? exit_done : exit_failed;
}

// The table has one figure a line: there are too many for one row.
int print_figures(const std::vector<transport_figures>& all, const qps_settings& settings, const qps_environment& env) {
  std::vector<figure_row> rows;
  for (const auto& measured : all) rows.push_back(measured.row);
  if (!settings.json)
    print_columns(rows, env.out);
  else
    rows.size() == 1 ? print_json(rows.front(), env.out) : print_json(rows, env.out);
  for (const auto& measured : all) {
    if (measured.wrong.empty()) continue;
    env.err << "lars bench qps: " << measured.wrong << '\n';
    return exit_failed;
  }
  return exit_done;
}

int print_figures(const result<transport_figures>& measured, const qps_settings& settings, const qps_environment& env) {
  return measured ? print_figures(std::vector{*measured}, settings, env) : fail(env, measured.error());
}

int measure_own(const qps_settings& settings, const qps_environment& env) {
  const auto print_all = [&](const result<std::vector<transport_figures>>& all) {
    return all ? print_figures(*all, settings, env) : fail(env, all.error());
  };
  switch (settings.mode) {
    case qps_mode::interfaces:
      return print_all(measure_public(env.program, settings.own, settings.runs, env.err));
    case qps_mode::compare:
      return print_figures(run_comparison(env.program, settings.own, settings.runs, env.err), settings, env);
    case qps_mode::agent_cost:
      return print_figures(measure_agent_cost(env.program, settings.own, env.err), settings, env);
    case qps_mode::callers:
      return print_figures(measure_callers(env.program, settings.own, env.err), settings, env);
    default:
      break;
  }
  return print_all(measure_transports(env.program, settings.own, env.err));
}

}  // namespace

int run_qps(const std::vector<std::string>& args, const qps_environment& env) {
  qps_settings settings;
  try {
    settings = qps_settings_of(args);
  } catch (const boost::program_options::error& refusal) {
    env.err << "lars bench qps: " << refusal.what() << '\n';
    return exit_usage;
  }
  if (settings.mode == qps_mode::help) {
    print_qps_help(env.out);
    return exit_done;
  }
  return settings.mode == qps_mode::running_agent ? measure_running(settings, env) : measure_own(settings, env);
}

}  // namespace lars::bench
