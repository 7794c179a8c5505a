#include "app/run_bench.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "app/refusal.hpp"
#include "bench/policy_bench.hpp"
#include "bench/qps_bench.hpp"
#include "bench/report_bench.hpp"
#include "bench/route_bench.hpp"

namespace lars::app {

int run_bench(const std::vector<std::string>& args, const settings& configuration, std::ostream& out,
              std::ostream& err) {
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  if (args.front() == "qps") return bench::run_qps(rest, {configuration.agent_to_ask(), program, out, err});
  if (args.front() == "route") {
    // Require an explicit URL, because the measurement fills the database with a million rows.
    const bool asks_for_help = std::ranges::find(rest, "--help") != rest.end();
    if (!configuration.storage_is_set && !asks_for_help)
      return refuse_usage("bench route fills a database: name it with --set storage.url=URL", err);
    return bench::run_route(rest, {configuration.storage, program, out, err});
  }
  if (args.front() == "report") {
    const bool asks_for_help = std::ranges::find(rest, "--help") != rest.end();
    if (!configuration.storage_is_set && !asks_for_help)
      return refuse_usage("bench report fills a database: name it with --set storage.url=URL", err);
    return bench::run_report(rest, {configuration.storage, program, out, err});
  }
  if (args.front() == "policy") {
    const bool progress = &err == &std::cerr && ::isatty(STDERR_FILENO) == 1;
    return bench::run_policy(rest, {out, err, progress});
  }
  return refuse_usage("bench: unknown measurement '" + args.front() + "'; allowed: qps, route, report, policy", err);
}

}  // namespace lars::app
