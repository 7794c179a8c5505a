#include "app/usage.hpp"

#include <iomanip>
#include <string>

#include "app/key_table.hpp"
#include "cli/command.hpp"

namespace lars::app {
namespace {

constexpr const char* sources_text =
    "  --config FILE            INI file; config/*.conf show every key\n"
    "  --set SECTION.KEY=VALUE  one key; may be repeated, the last wins\n"
    "  A variable LARS_SECTION_KEY sets a key too. --set beats variables, which beat the file, which beats defaults.\n";

}  // namespace

void print_usage(std::ostream& out) {
  out << "lars: hands callers the right backend for each remote call\n\n"
         "usage:\n"
         "  lars --role=ROLES [--config FILE] [--set SECTION.KEY=VALUE]...\n"
         "  lars COMMAND [ARGUMENTS] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "roles: dns, reporter, agent, a list of them parted by commas, or all\n\n"
         "commands:\n";
  cli::print_help(out);
  out << "  bench         measure: bench qps, bench route, bench report, bench policy\n"
         "  check-config  check the configuration without starting anything\n"
         "  demo          every role in one process, five servers, one that fails and heals\n"
         "  version       print the version\n"
         "  help          print this, or with the name of a command its help\n\n"
         "configuration:\n"
      << sources_text << '\n';
  print_keys(out);
  out << "\nexit codes: 0 done, 1 failed, 2 usage, 3 not found, 78 bad configuration,\n"
         "141 the reader of the output left\n";
}

void print_keys(std::ostream& out) {
  for (const key_spec& key : all_keys())
    out << "  " << std::left << std::setw(28) << std::string(key.section) + "." + std::string(key.name) << ' '
        << key.meaning << " (" << allowed(key) << (key.unit.empty() ? "" : " ") << key.unit << "; default "
        << shown_default(key) << (key.live ? "; at SIGHUP)" : ")") << '\n';
}

void print_check_config_help(std::ostream& out) {
  out << "usage: lars check-config [--role=ROLES] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "Checks the configuration as a role would at its start and prints what counts, as a configuration file with "
         "the\n"
         "origin of every value that is not the default. Starts, creates and connects nothing.\n\n"
      << sources_text << "\nexit codes: 0 fine, 2 usage, 78 bad configuration\n";
}

void print_demo_help(std::ostream& out) {
  out << "usage: lars demo [--once] [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
         "Runs every role in this process, on an embedded database in a temporary directory and on free ports, five "
         "real\n"
         "TCP servers and callers that ask over UDP and connect. One server fails and heals; the summary is computed "
         "from\n"
         "what callers received.\n\n"
         "  --once                   one round, then exit: 0 if the failing server was isolated and came back, else 1\n"
      << sources_text;
}

void print_bench_help(std::ostream& out) {
  out << "usage: lars bench qps|route|report|policy [ARGUMENTS]\n\n"
         "  qps    picks a second that callers get from an agent, through shared memory or over UDP\n"
         "  route  a million rows in dns: start, changes, memory, idle load\n"
         "  report rows a second from agents through a reporter into the database\n"
         "  policy what policies make of a fleet of simulated servers and agents\n\n"
         "Each has its own --help.\n";
}

void print_version(std::ostream& out) { out << "lars " LARS_VERSION << '\n'; }

}  // namespace lars::app
