// `lars demo`: a module of five real TCP servers on this machine, callers that ask the agent over UDP and really
// connect, one server that fails and heals, and a judgement drawn from what the callers received alone.
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
  bool once = false;        // one failure and one return, then the summary; else on and on until told to stop
  bool live = false;        // redraw one picture (a terminal); else plain lines
  std::size_t callers = 4;  // threads that ask, connect and report
};

// Runs the demo against roles that are up already: adds a module of its own to the storage (1 1, or the next one that
// has no hosts), waits until the agent answers for it, plays, and takes the module away again. `hints` are commands to
// try from another terminal, shown when not `once`; the words {M} {C} in them become the module's numbers and {HOST}
// the failing host.
// Returns 0 when the spread was even, isolation and return happened and every call was counted once; 1 when not, or
// when `stop` came before that was known, with the reason on `out`. Without `once`, being told to stop is the regular
// end: 0, once the agent answered. Threads: blocking; starts threads of its own and joins them before it returns.
// `stop` may be set by any thread or signal handler and ends the demo within a second.
int run(const demo_options& options, const storage::storage_config& storage, endpoint agent,
        const std::vector<std::string>& hints, std::ostream& out, const std::atomic<bool>& stop);

}  // namespace lars::cli::demo
