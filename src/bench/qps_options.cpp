#include "bench/qps_options.hpp"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>

#include "balance/catalog.hpp"
#include "base/text.hpp"
#include "bench/options.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

po::options_description options_of_both() {
  po::options_description known("lars bench qps: picks a second, and how long each takes");
  auto add = known.add_options();
  add("threads", po::value<int>()->default_value(1), "clients, or threads of each process, 1 to 256");
  add("seconds", po::value<double>()->default_value(3), "how long, 0.1 to 600; of each part where there are several");
  add("cpu", po::value<int>(), "bind all callers to this processor");
  add("format", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return known;
}

po::options_description options_of_running() {
  po::options_description known("On the agent that runs here, over UDP");
  auto add = known.add_options();
  add("no-report", "ask for hosts alone; without it each pick is followed by a report");
  add("module", po::value<std::vector<std::int32_t>>()->multitoken()->default_value({1, 1}, "1 1"), "M C to ask for");
  add("window", po::value<int>()->default_value(1), "questions under way a client, 1 to 1024");
  return known;
}

po::options_description options_of_own() {
  po::options_description known("On a dns and an agent started for it, while routes change (any of these says so)");
  auto add = known.add_options();
  add("transport", po::value<std::string>()->default_value("shm"), "shm, udp or both");
  add("modules", po::value<std::int32_t>()->default_value(100), "modules, 1 to 200000");
  add("hosts", po::value<std::int32_t>()->default_value(5), "hosts of each, 1 to 1000");
  add("policy", po::value<std::string>()->default_value(""),
      "that the modules run, instead of the configured one; several (a,b,c) one after the other, where transports or "
      "public interfaces are measured");
  add("processes", po::value<int>()->default_value(1), "processes of callers, 1 to 256");
  add("compare", "shm beside UDP, two threads beside one, UDP beside a bare server; prints ratios");
  add("public",
      "the library's public interfaces (lars.h, client.hpp, lars_api.h) beside the classes inside it: pick + report "
      "through shared memory");
  add("runs", po::value<int>()->default_value(9), "interleaved runs of --compare and --public, 1 to 99");
  add("rate", po::value<double>(),
      "calls a second of all callers together: what the control loop costs, counted after a second of it, then at full "
      "speed");
  add("callers", po::value<int>(), "so many processes of ten modules each: what their memory is, 1 to 4000");
  add("warm-up", po::value<double>()->default_value(0.5), "seconds before the first part, 0 to 600");
  add("change-ms", po::value<int>()->default_value(100), "between two changes of routes, 1 to 60000");
  add("reporter", "start a reporter too, so that the agent counts results for it");
  add("marks", "each thread writes to /dev/null before and after its first part, for strace to see");
  return known;
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

bool says(const po::variables_map& given, const char* name) {
  return given.count(name) > 0 && !given[name].defaulted();
}

load_config running_load(const po::variables_map& given) {
  load_config load;
  const auto module = given["module"].as<std::vector<std::int32_t>>();
  if (module.size() != 2) throw po::error("--module takes two numbers");
  load.modules = {{module[0], module[1]}};
  load.threads = static_cast<std::size_t>(within(given, "threads", 1, 256));
  load.window = static_cast<std::size_t>(within(given, "window", 1, 1024));
  load.lasts = milliseconds(within(given, "seconds", 0.1, 600.0));
  load.report = given.count("no-report") == 0;
  if (given.count("cpu") > 0) load.cpu = given["cpu"].as<int>();
  return load;
}

std::vector<client::transport> transports_of(const std::string& word) {
  if (word == "shm") return {client::transport::shared_memory};
  if (word == "udp") return {client::transport::udp};
  if (word == "both") return {client::transport::shared_memory, client::transport::udp};
  throw po::error("--transport is shm, udp or both");
}

std::vector<std::string> policies_of(const std::string& list) {
  if (list.empty()) return {};
  auto names = base::split_list(list);
  for (auto& name : names) {
    if (name.empty()) throw po::error("--policy: a name is missing in '" + list + "'");
    if (const auto known = balance::make_policy(name, {}); !known) throw po::error(known.error().detail);
    name = balance::canonical_name(name);
  }
  return names;
}

transport_settings own_load(const po::variables_map& given) {
  transport_settings own;
  own.transports = transports_of(given["transport"].as<std::string>());
  own.size = {within(given, "modules", 1, 200'000), within(given, "hosts", 1, 1000)};
  own.policies = policies_of(given["policy"].as<std::string>());
  own.processes = static_cast<std::size_t>(within(given, "processes", 1, 256));
  own.threads = static_cast<std::size_t>(within(given, "threads", 1, 256));
  own.each = milliseconds(within(given, "seconds", 0.1, 600.0));
  own.warm_up = milliseconds(within(given, "warm-up", 0.0, 600.0));
  own.churn = std::chrono::milliseconds(within(given, "change-ms", 1, 60'000));
  if (given.count("rate") > 0) own.rate = within(given, "rate", 1.0, 1e9);
  if (given.count("callers") > 0) own.callers = static_cast<std::size_t>(within(given, "callers", 1, 4000));
  own.reporter = given.count("reporter") > 0;
  own.marks = given.count("marks") > 0;
  if (given.count("cpu") > 0) own.cpu = given["cpu"].as<int>();
  return own;
}

qps_mode mode_of(const po::variables_map& given) {
  if (given.count("help") > 0) return qps_mode::help;
  if (given.count("compare") > 0) return qps_mode::compare;
  if (given.count("public") > 0) return qps_mode::interfaces;
  if (given.count("rate") > 0) return qps_mode::route_manager;
  if (given.count("callers") > 0) return qps_mode::callers;
  constexpr std::array own{"transport", "modules", "hosts",     "processes", "policy",
                           "runs",      "warm-up", "change-ms", "reporter",  "marks"};
  const bool its_own = std::ranges::any_of(own, [&](const char* name) { return says(given, name); });
  return its_own ? qps_mode::transports : qps_mode::running_agent;
}

void refuse_mixtures(const po::variables_map& given, qps_mode mode) {
  if (mode == qps_mode::running_agent || mode == qps_mode::help) return;
  for (const char* name : {"module", "window", "no-report"})
    if (says(given, name)) throw po::error(std::string("--") + name + " is for the agent that runs here");
  if (mode == qps_mode::interfaces)
    for (const char* name : {"transport", "processes", "cpu", "marks"})
      if (says(given, name)) throw po::error(std::string("--") + name + " does not go with --public");
  const bool takes_several = mode == qps_mode::transports || mode == qps_mode::interfaces;
  if (!takes_several && given["policy"].as<std::string>().find(',') != std::string::npos)
    throw po::error("--policy is one with --compare, --rate and --callers");
}

}  // namespace

qps_settings qps_settings_of(const std::vector<std::string>& args) {
  // Without short options a word like -1 is a number.
  constexpr int style = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                        po::command_line_style::long_allow_next;
  qps_settings wanted;
  if (std::ranges::count(args, "-h") > 0) return {.mode = qps_mode::help, .load = {}, .own = {}};
  const auto known = all_options();
  po::variables_map given;
  po::store(po::command_line_parser(args).options(known).positional({}).style(style).run(), given);
  wanted.mode = mode_of(given);
  refuse_mixtures(given, wanted.mode);
  wanted.load = running_load(given);
  wanted.own = own_load(given);
  wanted.runs = static_cast<std::size_t>(within(given, "runs", 1, 99));
  wanted.json = wants_json(given);
  return wanted;
}

void print_qps_help(std::ostream& out) { out << all_options(); }

}  // namespace lars::bench
