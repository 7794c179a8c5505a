#include "bench/qps_options.hpp"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>

#include "balance/policy/registry.hpp"
#include "base/text.hpp"
#include "bench/options.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

po::options_description options_of_both() {
  po::options_description description("lars bench qps: measure picks a second and the time of each");
  auto add = description.add_options();
  add("threads", po::value<int>()->default_value(1), "clients, or threads of each process, 1 to 256");
  add("seconds", po::value<double>()->default_value(3), "length of each measured part, 0.1 to 600");
  add("cpu", po::value<int>(), "bind all callers to this processor");
  add("format", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return description;
}

po::options_description options_of_running() {
  po::options_description description("On the agent that runs on this machine, over UDP (the default)");
  auto add = description.add_options();
  add("no-report", "pick only, without a report after each pick");
  add("module", po::value<std::vector<std::int32_t>>()->multitoken()->default_value({1, 1}, "1 1"),
      "the module to pick from, as M C");
  add("window", po::value<int>()->default_value(1), "requests in flight per client, 1 to 1024");
  return description;
}

po::options_description options_of_own() {
  po::options_description description(
      "On a dns and an agent started for the measurement, while routes change (chosen by any of these options)");
  auto add = description.add_options();
  add("transport", po::value<std::string>()->default_value("shm"), "shm, udp or both");
  add("modules", po::value<std::int32_t>()->default_value(100), "number of modules, 1 to 200000");
  add("hosts", po::value<std::int32_t>()->default_value(5), "hosts of each module, 1 to 1000");
  add("policy", po::value<std::string>()->default_value(""),
      "policy of the modules instead of the configured one; the policies of a comma-separated list are measured one "
      "after the other, except with --compare, --rate and --callers");
  add("processes", po::value<int>()->default_value(1), "caller processes, 1 to 256");
  add("compare", "compare shm with UDP, two threads with one, and UDP with a bare server; prints ratios");
  add("public",
      "compare the library's public interfaces (lars.h, client.hpp, lars_api.h) with the classes inside it: pick + "
      "report "
      "through shared memory");
  add("runs", po::value<int>()->default_value(9), "interleaved rounds of --compare and --public, 1 to 99");
  add("rate", po::value<double>(),
      "measure the agent's processor time and memory at this many calls a second of all callers together, after a lead "
      "of "
      "one second, and then at full speed");
  add("callers", po::value<int>(), "measure the memory of this many processes of ten modules each, 1 to 4000");
  add("warm-up", po::value<double>()->default_value(0.5), "seconds of load before the first part, 0 to 600");
  add("change-ms", po::value<int>()->default_value(100), "milliseconds between two route changes, 1 to 60000");
  add("reporter", "start a reporter too, so that the agent counts results");
  add("marks", "write to /dev/null before and after each thread's first part, as marks in an strace");
  return description;
}

po::options_description all_options() {
  auto all = options_of_both();
  all.add(options_of_running());
  all.add(options_of_own());
  return all;
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

bool was_given(const po::variables_map& parsed, const char* name) {
  return parsed.count(name) > 0 && !parsed[name].defaulted();
}

load_config running_load(const po::variables_map& parsed) {
  load_config load;
  const auto module = parsed["module"].as<std::vector<std::int32_t>>();
  if (module.size() != 2) throw po::error("--module takes two numbers");
  load.modules = {{module[0], module[1]}};
  load.threads = static_cast<std::size_t>(within(parsed, "threads", 1, 256));
  load.window = static_cast<std::size_t>(within(parsed, "window", 1, 1024));
  load.lasts = milliseconds(within(parsed, "seconds", 0.1, 600.0));
  load.report = parsed.count("no-report") == 0;
  if (parsed.count("cpu") > 0) load.cpu = parsed["cpu"].as<int>();
  return load;
}

std::vector<client::transport> transports_of(const std::string& word) {
  if (word == "shm") return {client::transport::shared_memory};
  if (word == "udp") return {client::transport::udp};
  if (word == "both") return {client::transport::shared_memory, client::transport::udp};
  throw po::error("--transport must be shm, udp or both");
}

std::vector<std::string> policies_of(const std::string& list) {
  if (list.empty()) return {};
  auto names = base::split_list(list);
  for (auto& name : names) {
    if (name.empty()) throw po::error("--policy: empty name in '" + list + "'");
    if (const auto description = balance::make_policy(name, {}); !description)
      throw po::error(description.error().detail);
    name = balance::canonical_name(name);
  }
  return names;
}

transport_settings own_load(const po::variables_map& parsed) {
  transport_settings own;
  own.transports = transports_of(parsed["transport"].as<std::string>());
  own.size = {within(parsed, "modules", 1, 200'000), within(parsed, "hosts", 1, 1000)};
  own.policies = policies_of(parsed["policy"].as<std::string>());
  own.processes = static_cast<std::size_t>(within(parsed, "processes", 1, 256));
  own.threads = static_cast<std::size_t>(within(parsed, "threads", 1, 256));
  own.each = milliseconds(within(parsed, "seconds", 0.1, 600.0));
  own.warm_up = milliseconds(within(parsed, "warm-up", 0.0, 600.0));
  own.churn = std::chrono::milliseconds(within(parsed, "change-ms", 1, 60'000));
  if (parsed.count("rate") > 0) own.rate = within(parsed, "rate", 1.0, 1e9);
  if (parsed.count("callers") > 0) own.callers = static_cast<std::size_t>(within(parsed, "callers", 1, 4000));
  own.reporter = parsed.count("reporter") > 0;
  own.marks = parsed.count("marks") > 0;
  if (parsed.count("cpu") > 0) own.cpu = parsed["cpu"].as<int>();
  return own;
}

qps_mode mode_of(const po::variables_map& parsed) {
  if (parsed.count("help") > 0) return qps_mode::help;
  if (parsed.count("compare") > 0) return qps_mode::compare;
  if (parsed.count("public") > 0) return qps_mode::interfaces;
  if (parsed.count("rate") > 0) return qps_mode::agent_cost;
  if (parsed.count("callers") > 0) return qps_mode::callers;
  constexpr std::array own{"transport", "modules", "hosts",     "processes", "policy",
                           "runs",      "warm-up", "change-ms", "reporter",  "marks"};
  const bool own_agent = std::ranges::any_of(own, [&](const char* name) { return was_given(parsed, name); });
  return own_agent ? qps_mode::transports : qps_mode::running_agent;
}

void refuse_mixtures(const po::variables_map& parsed, qps_mode mode) {
  if (mode == qps_mode::running_agent || mode == qps_mode::help) return;
  for (const char* name : {"module", "window", "no-report"})
    if (was_given(parsed, name))
      throw po::error(std::string("--") + name + " is only for the agent that runs on this machine");
  if (mode == qps_mode::interfaces)
    for (const char* name : {"transport", "processes", "cpu", "marks"})
      if (was_given(parsed, name)) throw po::error(std::string("--") + name + " cannot be combined with --public");
  const bool takes_several = mode == qps_mode::transports || mode == qps_mode::interfaces;
  if (!takes_several && parsed["policy"].as<std::string>().find(',') != std::string::npos)
    throw po::error("--policy takes one name with --compare, --rate and --callers");
}

}  // namespace

qps_settings qps_settings_of(const std::vector<std::string>& args) {
  // No short options: a word like -1 is a number.
  constexpr int style = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                        po::command_line_style::long_allow_next;
  qps_settings settings;
  if (std::ranges::count(args, "-h") > 0) return {.mode = qps_mode::help, .load = {}, .own = {}};
  const auto description = all_options();
  po::variables_map parsed;
  po::store(po::command_line_parser(args).options(description).positional({}).style(style).run(), parsed);
  settings.mode = mode_of(parsed);
  refuse_mixtures(parsed, settings.mode);
  settings.load = running_load(parsed);
  settings.own = own_load(parsed);
  settings.runs = static_cast<std::size_t>(within(parsed, "runs", 1, 99));
  settings.json = wants_json(parsed);
  return settings;
}

void print_qps_help(std::ostream& out) { out << all_options(); }

}  // namespace lars::bench
