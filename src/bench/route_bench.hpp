// `lars bench route`: measures a real dns over a large table, from its start to a minute without changes.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "bench/route_fill.hpp"
#include "storage/storage_config.hpp"

namespace lars::bench {

// What the measurement works with. Borrowed until the call returns.
struct route_environment {
  storage::storage_config storage;  // its RouteData is empty, or filled by an earlier run
  std::filesystem::path program;    // the lars executable, started as a child process
  std::ostream& out;                // figures
  std::ostream& err;                // messages
};

struct route_bench_options {
  table_size size;
  int changes = 5;                  // each waits for its push before the next
  std::chrono::seconds settle{25};  // after the changes, before memory is read: two reconciles
  std::chrono::seconds idle{60};    // watching without changes
  std::optional<pid_t> database;    // the database server's process; nullopt = the only one on this machine
  bool json = false;
};

// Fills the table if needed, starts a dns, measures it and prints: rows, milliseconds from the start to the first
// answer, from a commit to the push at a subscribed connection (median and worst), the dns's peak memory, and the
// processor time of dns and database while idle, in percent of one core.
// Returns the exit code: 0 measured, 1 failed. Threads: blocking.
int route(const route_bench_options& options, const route_environment& env);

// The same with `args`, the words after `bench route` without --config and --set. Exit code 2: wrong arguments.
int run_route(const std::vector<std::string>& args, const route_environment& env);

}  // namespace lars::bench
