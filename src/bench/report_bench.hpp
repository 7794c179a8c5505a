// `lars bench report`: results from many agents over TCP through a real reporter into the database.
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
  std::chrono::seconds frozen{0};  // the database stands still for so long in the middle
  std::optional<pid_t> database;   // the database server's process; absent = the only one of this machine
  bool json = false;
};

// Starts a reporter, sends everything, and prints: results and rows a second up to the last acknowledgement (rows:
// those the database was given to write), processor time of reporter and database for a row, the reporter's peak of
// memory, and beside it the bare statements, the same results in sorted flushes over one connection, in the same run.
// Returns the process's exit code: 0 measured and every call found in the history, 1 otherwise. Threads: blocking.
int report(const report_bench_options& options, const route_environment& env);

// The same with `args`, what follows `bench report` without --config and --set; 2 when they cannot be read.
int run_report(const std::vector<std::string>& args, const route_environment& env);

}  // namespace lars::bench
