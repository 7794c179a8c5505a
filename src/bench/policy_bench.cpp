#include "bench/policy_bench.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <optional>
#include <thread>

#include "base/number.hpp"
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
  po::options_description description(
      "lars bench policy: simulate a fleet under one or more policies, in virtual time");
  auto add = description.add_options();
  const auto text = [] { return po::value<std::string>(); };
  add("scenario", text()->default_value("jd-100"), "built-in scenario (see --list), or a scenario file");
  add("policy", text(), "comma-separated policies, each NAME or NAME:KEY=VALUE:KEY=VALUE; default: the scenario's");
  add("ablation", text(),
      "comma-separated ablations, which must do worse: misaligned, divided, corrected; and aligned, their control");
  add("offered", text(), "comma-separated loads in the scenario's units; default: the scenario's");
  add("agents", po::value<std::uint32_t>()->default_value(0), "number of agents, 1 to 10000; 0 = the scenario's");
  add("seeds", po::value<std::uint32_t>()->default_value(5), "runs of each policy and load, 1 to 1000");
  add("threads", po::value<std::uint32_t>()->default_value(0), "parallel runs, 1 to 256; 0 = one per core");
  add("format", text()->default_value("table"), "table, json or csv");
  add("plot", text(), "write a plot of goodput over load to this SVG file");
  add("list", "list the built-in scenarios");
  add("help", "this text");
  return description;
}

printer printer_of(const std::string& format) {
  if (format == "table") return lab::print_result_table;
  if (format == "json") return lab::print_result_json;
  if (format == "csv") return lab::print_result_csv;
  throw po::error("--format must be table, json or csv");
}

std::vector<double> loads_of(const std::string& text) {
  std::vector<double> loads;
  for (const auto& part : base::split_list(text)) {
    const auto load = base::parse_number<double>(part, 1e-6, 1e9);
    if (!load) throw po::error("--offered must be comma-separated numbers above 0, not '" + part + "'");
    loads.push_back(*load);
  }
  return loads;
}

// Throws po::error where an option is wrong.
policy_options options_of(const po::variables_map& parsed) {
  policy_options options;
  auto plan = lab::load_scenario(parsed["scenario"].as<std::string>());
  if (!plan) throw po::error(plan.error().detail);
  options.plan = std::move(*plan);
  // --ablation without --policy runs the ablations only.
  if (parsed.count("ablation") > 0) {
    options.ablations = base::split_list(parsed["ablation"].as<std::string>());
    options.plan.policies.clear();
  }
  if (parsed.count("policy") > 0) options.plan.policies = base::split_list(parsed["policy"].as<std::string>());
  if (parsed.count("offered") > 0) options.plan.offered = loads_of(parsed["offered"].as<std::string>());
  if (const auto agents = within<std::uint32_t>(parsed, "agents", 0, 10000); agents > 0) options.plan.agents = agents;
  options.seeds = within<std::uint32_t>(parsed, "seeds", 1, 1000);
  options.threads = within<std::uint32_t>(parsed, "threads", 0, 256);
  if (options.threads == 0) options.threads = std::max(1u, std::thread::hardware_concurrency());
  options.print = printer_of(parsed["format"].as<std::string>());
  if (parsed.count("plot") > 0) options.plot = parsed["plot"].as<std::string>();
  return options;
}

void list_scenarios(std::ostream& out) {
  for (const auto& scenario : lab::embedded_scenarios())
    if (const auto plan = lab::load_scenario(std::string(scenario.name)); plan)
      out << scenario.name << ": " << plan->title << '\n';
}

int refuse_plot(const std::string& file, std::ostream& err) {
  err << "lars bench policy: cannot write " << file << '\n';
  return 1;
}

int run_options(const policy_options& options, const policy_environment& env) {
  auto contestants = lab::contestants_of(options.plan, options.ablations);
  if (!contestants) throw po::error(contestants.error().detail);
  // Open the plot first: a run may take hours.
  std::ofstream plot;
  if (!options.plot.empty()) plot.open(options.plot);
  if (!options.plot.empty() && !plot) return refuse_plot(options.plot, env.err);
  lab::progress_bar bar(env.err, env.progress);
  const auto cells =
      lab::run_experiment({std::move(*contestants), options.plan.offered, options.seeds, options.threads},
                          [&bar](std::size_t done, std::size_t total) { bar.show(done, total); });
  bar.clear();
  const auto rows = lab::rows_of(options.plan, cells);
  options.print(rows, env.out);
  if (!plot.is_open()) return 0;
  lab::write_policy_plot(options.plan, rows, plot);
  plot.close();  // flushes, which may fail
  return plot ? 0 : refuse_plot(options.plot, env.err);
}

}  // namespace

int run_policy(const std::vector<std::string>& args, const policy_environment& env) {
  try {
    const auto parsed = parse_options(args, known_options());
    if (parsed.count("help") > 0) {
      env.out << known_options();
      return 0;
    }
    if (parsed.count("list") > 0) {
      list_scenarios(env.out);
      return 0;
    }
    return run_options(options_of(parsed), env);
  } catch (const po::error& refusal) {
    env.err << "lars bench policy: " << refusal.what() << '\n';
    return 2;
  }
}

}  // namespace lars::bench
