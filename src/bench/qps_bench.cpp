#include "bench/qps_bench.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <optional>

#include "base/endpoint.hpp"
#include "bench/figures.hpp"
#include "bench/qps_compare.hpp"
#include "bench/qps_load.hpp"
#include "client/udp_door.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

enum exit_code : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_not_found = 3 };

struct settings {
  load_config load;
  bool json = false;
  bool compare = false;
  bool help = false;
};

po::options_description known_options() {
  po::options_description known("lars bench qps: picks a second from the agent over UDP, a client a thread");
  auto add = known.add_options();
  add("threads", po::value<int>()->default_value(1), "clients, 1 to 256");
  add("seconds", po::value<double>()->default_value(3), "how long, 0.1 to 600; with --compare, for each row");
  add("no-report", "ask for hosts alone; without it each pick is followed by a report");
  add("module", po::value<std::vector<std::int32_t>>()->multitoken()->default_value({1, 1}, "1 1"), "M C to ask for");
  add("window", po::value<int>()->default_value(1), "questions under way a client, 1 to 1024");
  add("cpu", po::value<int>(), "bind all clients to this processor");
  add("compare", "start a dns and an agent for the purpose and measure them beside a bare echo");
  add("format", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return known;
}

// Throws po::error, as its library does, with what is wrong.
settings settings_of(const std::vector<std::string>& args) {
  // Without short options a word like -1 is a number.
  constexpr int style = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                        po::command_line_style::long_allow_next;
  po::variables_map given;
  po::store(po::command_line_parser(args).options(known_options()).positional({}).style(style).run(), given);
  settings wanted;
  const auto module = given["module"].as<std::vector<std::int32_t>>();
  const int threads = given["threads"].as<int>();
  const int window = given["window"].as<int>();
  const double seconds = given["seconds"].as<double>();
  const auto format = given["format"].as<std::string>();
  if (module.size() != 2) throw po::error("--module takes two numbers");
  if (threads < 1 || threads > 256) throw po::error("--threads is from 1 to 256");
  if (window < 1 || window > 1024) throw po::error("--window is from 1 to 1024");
  if (!(seconds >= 0.1 && seconds <= 600)) throw po::error("--seconds is from 0.1 to 600");
  if (format != "table" && format != "json") throw po::error("--format is table or json");
  wanted.load.modules = {{module[0], module[1]}};
  wanted.load.threads = static_cast<std::size_t>(threads);
  wanted.load.window = static_cast<std::size_t>(window);
  wanted.load.lasts = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  wanted.load.report = given.count("no-report") == 0;
  if (given.count("cpu") > 0) wanted.load.cpu = given["cpu"].as<int>();
  wanted.json = format == "json";
  wanted.compare = given.count("compare") > 0;
  wanted.help = given.count("help") > 0;
  return wanted;
}

int fail(const qps_environment& env, const lars::error& failure) {
  env.err << "lars bench qps: " << failure.text() << '\n';
  return failure.code == errc::no_such_module ? exit_not_found : exit_failed;
}

int compare(const settings& wanted, const qps_environment& env) {
  const auto rows = run_comparison(env.program, wanted.load.lasts, env.err);
  if (!rows) return fail(env, rows.error());
  wanted.json ? print_json(*rows, env.out) : print_table(*rows, env.out);
  return exit_done;
}

// A load on an agent that is not there, or knows no such module, would measure nothing.
result<void> check_agent(const load_config& load) {
  const route_key key = load.modules.front();
  auto door = client::udp_door::open({load.target, {}});
  if (!door) return door.error();
  const auto where = door->get_host(key);
  if (where) return {};
  if (where.error().code == errc::timeout)
    return {errc::timeout, "the agent at " + base::format_endpoint(load.target) + " is silent"};
  return {where.error().code,
          std::to_string(key.modid) + ' ' + std::to_string(key.cmdid) + "; --module M C names another"};
}

int measure(const settings& wanted, const qps_environment& env) {
  load_config load = wanted.load;
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
  wanted.json ? print_json(row, env.out) : print_table({row}, env.out);
  return figures->calls > 0 ? exit_done : exit_failed;
}

}  // namespace

int run_qps(const std::vector<std::string>& args, const qps_environment& env) {
  settings wanted;
  if (std::ranges::count(args, "-h") > 0) wanted.help = true;
  try {
    if (!wanted.help) wanted = settings_of(args);
  } catch (const po::error& refusal) {
    env.err << "lars bench qps: " << refusal.what() << '\n';
    return exit_usage;
  }
  if (wanted.help) {
    env.out << known_options();
    return exit_done;
  }
  return wanted.compare ? compare(wanted, env) : measure(wanted, env);
}

}  // namespace lars::bench
