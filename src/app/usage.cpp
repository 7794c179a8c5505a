#include "app/usage.hpp"

#include <iomanip>
#include <string>

#include "app/key_table.hpp"
#include "cli/command.hpp"

namespace lars::app {
namespace {

constexpr const char* sources_text =
    "  --config FILE            INI file; config/*.conf list every key\n"
    "  --set SECTION.KEY=VALUE  set one key; repeatable, the last one wins\n"
    "  The environment variable LARS_SECTION_KEY also sets a key. Precedence: --set, environment, file, default.\n";

}  // namespace

void print_usage(std::ostream& out) {
  out << "lars: load balancing and service discovery: picks a host for each remote call\n\n"
         "usage:\n"
         "  lars --role=ROLES [--config FILE] [--set SECTION.KEY=VALUE]...\n"
         "  lars COMMAND [ARGUMENTS] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "roles: dns, reporter, agent, a comma-separated list of them, or all\n\n"
         "commands:\n";
  cli::print_help(out);
  out << "  bench         run a measurement: bench qps, bench route, bench report, bench policy\n"
         "  check-config  check the configuration and print it, without starting anything\n"
         "  demo          run every role in one process with five servers, one of which fails and recovers\n"
         "  version       print the version\n"
         "  help          print this text, or the help of a command: help COMMAND\n\n"
         "configuration:\n"
      << sources_text << '\n';
  print_keys(out);
  out << "\nexit codes: 0 done, 1 failed, 2 usage error, 3 not found, 78 bad configuration,\n"
         "141 the reader of the output closed its pipe\n";
}

void print_keys(std::ostream& out) {
  for (const key_spec& key : all_keys())
    out << "  " << std::left << std::setw(28) << std::string(key.section) + "." + std::string(key.name) << ' '
        << key.meaning << " (" << allowed(key) << (key.unit.empty() ? "" : " ") << key.unit << "; default "
        << shown_default(key) << (key.live ? "; at SIGHUP)" : ")") << '\n';
}

void print_check_config_help(std::ostream& out) {
  out << "usage: lars check-config [--role=ROLES] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "Checks the configuration as a role does at its start. Prints the values in effect as a configuration file, "
         "with\n"
         "the origin of every value that is not the default. Does not start a role, create a file or open a "
         "connection.\n\n"
      << sources_text << "\nexit codes: 0 valid, 2 usage error, 78 bad configuration\n";
}

void print_demo_help(std::ostream& out) {
  out << "usage: lars demo [--once] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "Runs every role in this process, on free ports and on a SQLite database in a temporary directory. Starts "
         "five TCP\n"
         "servers, and callers that pick hosts over UDP and connect to them. One server fails and recovers. The "
         "summary is\n"
         "computed only from what the callers received.\n\n"
         "  --once                   one round, then exit: 0 if the failing server was isolated and returned, else 1\n"
      << sources_text;
}

void print_bench_help(std::ostream& out) {
  out << "usage: lars bench qps|route|report|policy [ARGUMENTS]\n\n"
         "  qps     picks per second that an agent serves, through shared memory or over UDP\n"
         "  route   a dns with a million rows: start, changes, memory, idle load\n"
         "  report  rows per second from agents through a reporter into the database\n"
         "  policy  how policies balance a simulated fleet of servers and agents\n\n"
         "Each has its own --help.\n";
}

void print_version(std::ostream& out) { out << "lars " LARS_VERSION << '\n'; }

}  // namespace lars::app
