// `lars demo`: a module of five TCP servers on this machine, callers that pick hosts over UDP and connect to them, one
// server that fails and recovers, and a verdict computed only from what the callers received.
#pragma once

#include <atomic>
#include <lars/types.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::cli::demo {

// Immutable after construction.
struct demo_options {
  bool once = false;        // one round, then the summary; else repeat until stopped
  bool live = false;        // redraw in place (on a terminal); else print lines
  std::size_t callers = 4;  // number of caller threads
};

// Runs the demo against running roles: adds a module to the storage (1 1, or the next one without hosts), waits until
// the agent serves it, runs the scenario and removes the module. `hints` are commands for another terminal, shown
// unless `once`; {M} {C} and {HOST} in them are replaced by the module and the failing host. Returns 0 if the spread
// was even, the host was isolated and returned, and every call was counted once. Returns 1 otherwise, also if `stop`
// came first, with the reason on `out`. Without `once`, `stop` is the normal end: 0, if the agent has answered.
// Threads: blocking; starts its own threads and joins them. Any thread or signal handler may set `stop`, which ends the
// demo within a second.
int run(const demo_options& options, const storage::storage_config& storage, endpoint agent,
        const std::vector<std::string>& hints, std::ostream& out, const std::atomic<bool>& stop);

}  // namespace lars::cli::demo
