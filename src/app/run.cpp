#include "app/run.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "app/check_config.hpp"
#include "app/command_line.hpp"
#include "app/process.hpp"
#include "app/refusal.hpp"
#include "app/run_bench.hpp"
#include "app/run_demo.hpp"
#include "app/run_roles.hpp"
#include "app/settings.hpp"
#include "app/standard_output.hpp"
#include "app/usage.hpp"
#include "cli/command.hpp"
#include "log/log.hpp"

namespace lars::app {
namespace {

int start_roles(const command_line& line, std::ostream& out, std::ostream& err) {
  if (!line.role) return refuse_usage("missing --role or command", err);
  const auto roles = parse_roles(*line.role);
  if (!roles) return refuse_usage("--role=" + *line.role + ": " + roles.error().detail, err);
  const setting_sources sources = line.sources(*roles);
  const auto configuration = load_settings(sources);
  if (!configuration) return refuse_configuration(configuration.error(), err);
  return run_roles(sources, *configuration, out, err);
}

int check(const command_line& line, std::ostream& out, std::ostream& err) {
  if (!line.rest.empty()) return refuse_usage("check-config: unexpected argument '" + line.rest.front() + "'", err);
  std::vector<role_kind> roles;
  if (line.role) {
    const auto parsed = parse_roles(*line.role);
    if (!parsed) return refuse_usage("--role=" + *line.role + ": " + parsed.error().detail, err);
    roles = *parsed;
  }
  const auto report = check_config(line.sources(roles));
  if (!report) return refuse_configuration(report.error(), err);
  out << *report;
  return cli::exit_done;
}

int run_cli(const command_line& line, std::ostream& out, std::ostream& err) {
  // Help must work with an invalid configuration, so do not load it.
  if (line.help) return cli::run(line.command, line.rest, {{}, {}, out, err});
  const auto configuration = load_settings(line.sources({}));
  if (!configuration) return refuse_configuration(configuration.error(), err);
  // Any value of NO_COLOR disables colours.
  const bool colours = is_terminal(out) && std::getenv("NO_COLOR") == nullptr;
  return cli::run(
      line.command, line.rest,
      {configuration->storage, configuration->agent_to_ask(), out, err, colours, configuration->agent_http_to_ask()});
}

int run_app_command(const command_line& line, std::ostream& out, std::ostream& err) {
  if (line.command == "check-config") return line.help ? (print_check_config_help(out), 0) : check(line, out, err);
  if (line.command == "bench" && (line.rest.empty() || (line.help && line.rest.front() == "--help")))
    return line.help ? (print_bench_help(out), 0)
                     : refuse_usage("bench: missing measurement; allowed: qps, route, report, policy", err);
  if (line.command == "demo") return line.help ? (print_demo_help(out), 0) : run_demo(line, out, err);
  if (line.help) return run_bench(line.rest, settings{}, out, err);
  const auto configuration = load_settings(line.sources({}));
  if (!configuration) return refuse_configuration(configuration.error(), err);
  return run_bench(line.rest, *configuration, out, err);
}

// `lars help` and `lars help COMMAND`.
int help(const command_line& line, std::ostream& out, std::ostream& err) {
  if (line.rest.empty() || line.help) {
    print_usage(out);
    return cli::exit_done;
  }
  return run({line.rest.front(), "--help"}, out, err);
}

}  // namespace

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  if (args.empty()) {
    print_usage(err);
    return cli::exit_usage;
  }
  const auto line = parse_command_line(args);
  if (!line) return refuse_usage(line.error().detail, err);
  const bool roles = line->command.empty() && !line->version && !line->help;
  if (!roles) release_hangup();
  if (line->command == "version" || line->version) {
    print_version(out);
    return cli::exit_done;
  }
  if (line->command == "help" || (line->command.empty() && line->help)) return help(*line, out, err);
  if (roles) return start_roles(*line, out, err);
  if (cli::knows(line->command)) return run_cli(*line, out, err);
  constexpr const char* app_commands[] = {"check-config", "bench", "demo"};
  if (std::ranges::find(app_commands, line->command) != std::end(app_commands)) return run_app_command(*line, out, err);
  return refuse_usage("unknown command '" + line->command + "'", err);
}

namespace {

// No message if the reader closed its pipe.
int refuse_output(const output_failed& failure, std::ostream& err) {
  if (failure.reader_left()) return cli::exit_reader_left;
  err << "lars: " << failure.what() << '\n';
  return cli::exit_failed;
}

}  // namespace

int run(int argc, char** argv) {
  // Flush the log on every way out, but do not wait long for a stalled reader of it.
  struct flush_at_end {
    ~flush_at_end() { log::flush(std::chrono::milliseconds(300)); }
  } const at_end;
  standard_output out;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe must be an error of the write, also if SIGPIPE was at its default
  try {
    const int code = run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), out, std::cerr);
    out.finish();
    return code;
  } catch (const output_failed& failure) {
    return refuse_output(failure, std::cerr);
  } catch (const std::exception& failure) {
    std::cerr << "lars: " << failure.what() << '\n';
    return cli::exit_failed;
  }
}

}  // namespace lars::app
