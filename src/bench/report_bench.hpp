// `lars bench report`: sends results of many agents over TCP through a real reporter into the database.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bench/report_load.hpp"
#include "bench/route_bench.hpp"

namespace lars::bench {

struct report_bench_options {
  report_load_size size;
  std::chrono::seconds frozen{0};  // stops the database for this time in the middle
  std::optional<pid_t> database;   // the database server's process; nullopt = the only one on this machine
  bool json = false;
};

// Starts a reporter, sends all results and prints: results and rows a second up to the last acknowledgement (rows as
// the database counts them), processor time of reporter and database a row, and the reporter's peak memory. The
// baseline beside it is the bare SQL statements: the same results in sorted flushes over one connection, in the same
// run. Returns the exit code: 0 measured and every call is in the history, 1 otherwise. Threads: blocking.
int report(const report_bench_options& options, const route_environment& env);

// The same with `args`, the words after `bench report` without --config and --set. Exit code 2: wrong arguments.
int run_report(const std::vector<std::string>& args, const route_environment& env);

}  // namespace lars::bench
