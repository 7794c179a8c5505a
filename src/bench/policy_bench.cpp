#include "bench/policy_bench.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <optional>
#include <thread>

#include "base/text.hpp"
#include "bench/options.hpp"
#include "lab/ablations.hpp"
#include "lab/experiment.hpp"
#include "lab/policy_plot.hpp"
#include "lab/progress_bar.hpp"
#include "lab/result_rows.hpp"
#include "lab/scenario_library.hpp"
#include "lab/scenario_reader.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

using printer = void (*)(const std::vector<lab::result_row>&, std::ostream&);

struct policy_options {
  lab::scenario plan;
  std::vector<std::string> ablations;
  std::uint32_t seeds = 5;
  std::uint32_t threads = 1;
  printer print = lab::print_result_table;
  std::string plot;  // a file; empty = none
};

po::options_description known_options() {
  po::options_description known("lars bench policy: what a policy makes of a fleet, in virtual time");
  auto add = known.add_options();
  const auto text = [] { return po::value<std::string>(); };
  add("scenario", text()->default_value("jd-100"),
      "a scenario of the program's, or a file like those of tests/scenarios");
  add("policy", text(), "policies parted by commas, each as NAME or NAME:KEY=VALUE:KEY=VALUE; else the scenario's");
  add("ablation", text(), "what must fail, shown failing: aligned (its control), misaligned, divided, corrected");
  add("offered", text(), "loads parted by commas, in the scenario's units; else the scenario's");
  add("agents", po::value<std::uint32_t>()->default_value(0), "agents, 1 to 10000; 0 = the scenario's");
  add("seeds", po::value<std::uint32_t>()->default_value(5), "runs of each, 1 to 1000");
  add("threads", po::value<std::uint32_t>()->default_value(0), "runs at a time, 1 to 256; 0 = one a core");
  add("format", text()->default_value("table"), "table, json or csv");
  add("plot", text(), "an SVG file to draw goodput over load into");
  add("list", "the scenarios that come with the program");
  add("help", "this text");
  return known;
}

printer printer_of(const std::string& format) {
  if (format == "table") return lab::print_result_table;
  if (format == "json") return lab::print_result_json;
  if (format == "csv") return lab::print_result_csv;
  throw po::error("--format is table, json or csv");
}

std::vector<double> loads_of(const std::string& text) {
  std::vector<double> loads;
  for (const auto& part : base::split_list(text)) {
    const auto load = lab::parse_decimal(part, 1e-6, 1e9);
    if (!load) throw po::error("--offered is numbers above 0 parted by commas, not '" + part + "'");
    loads.push_back(*load);
  }
  return loads;
}

// Throws po::error, as its library does, with what is wrong.
policy_options options_of(const po::variables_map& given) {
  policy_options wanted;
  auto plan = lab::load_scenario(given["scenario"].as<std::string>());
  if (!plan) throw po::error(plan.error().detail);
  wanted.plan = std::move(*plan);
  // Ablations asked for alone are run alone.
  if (given.count("ablation") > 0) {
    wanted.ablations = base::split_list(given["ablation"].as<std::string>());
    wanted.plan.policies.clear();
  }
  if (given.count("policy") > 0) wanted.plan.policies = base::split_list(given["policy"].as<std::string>());
  if (given.count("offered") > 0) wanted.plan.offered = loads_of(given["offered"].as<std::string>());
  if (const auto agents = within<std::uint32_t>(given, "agents", 0, 10000); agents > 0) wanted.plan.agents = agents;
  wanted.seeds = within<std::uint32_t>(given, "seeds", 1, 1000);
  wanted.threads = within<std::uint32_t>(given, "threads", 0, 256);
  if (wanted.threads == 0) wanted.threads = std::max(1u, std::thread::hardware_concurrency());
  wanted.print = printer_of(given["format"].as<std::string>());
  if (given.count("plot") > 0) wanted.plot = given["plot"].as<std::string>();
  return wanted;
}

void list_scenarios(std::ostream& out) {
  for (const auto& one : lab::embedded_scenarios())
    if (const auto plan = lab::load_scenario(std::string(one.name)); plan)
      out << one.name << ": " << plan->title << '\n';
}

int refuse_plot(const std::string& file, std::ostream& err) {
  err << "lars bench policy: cannot write " << file << '\n';
  return 1;
}

int run_options(const policy_options& wanted, const policy_environment& env) {
  auto contestants = lab::contestants_of(wanted.plan, wanted.ablations);
  if (!contestants) throw po::error(contestants.error().detail);
  // Before hours of work: a plot that cannot be written is no use.
  std::ofstream plot;
  if (!wanted.plot.empty()) plot.open(wanted.plot);
  if (!wanted.plot.empty() && !plot) return refuse_plot(wanted.plot, env.err);
  lab::progress_bar bar(env.err, env.progress);
  const auto cells = lab::run_experiment({std::move(*contestants), wanted.plan.offered, wanted.seeds, wanted.threads},
                                         [&bar](std::size_t done, std::size_t of) { bar.show(done, of); });
  bar.clear();
  const auto rows = lab::rows_of(wanted.plan, cells);
  wanted.print(rows, env.out);
  if (!plot.is_open()) return 0;
  lab::write_policy_plot(wanted.plan, rows, plot);
  plot.close();  // what is buffered is written here, or not
  return plot ? 0 : refuse_plot(wanted.plot, env.err);
}

}  // namespace

int run_policy(const std::vector<std::string>& args, const policy_environment& env) {
  try {
    const auto given = parse_options(args, known_options());
    if (given.count("help") > 0) {
      env.out << known_options();
      return 0;
    }
    if (given.count("list") > 0) {
      list_scenarios(env.out);
      return 0;
    }
    return run_options(options_of(given), env);
  } catch (const po::error& refusal) {
    env.err << "lars bench policy: " << refusal.what() << '\n';
    return 2;
  }
}

}  // namespace lars::bench
