// Process-wide setup: standard descriptors, the limit of open files, and signals.
#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <functional>

namespace lars::app {

// To be called first, by every role and command. Opens /dev/null on closed descriptors 0 to 2, so that no socket or
// database gets their numbers and receives messages; writing to stdout still fails there. Ignores SIGXFSZ: a file at
// its size limit is a write error (EFBIG). Blocks SIGHUP until wait_for_stop() or release_hangup().
void prepare_process();

// Unblocks SIGHUP again, for commands, which end with their terminal. Threads: main thread, before it starts other
// threads, which inherit the signal mask.
void release_hangup();

// Raises the limit of open files to the hard limit, because a dns needs one file per agent. Never fails; returns the
// resulting limit.
std::size_t raise_open_files();

// Blocks SIGTERM, SIGINT and SIGHUP for wait_for_stop(), and ignores SIGPIPE. Threads: main thread, before it starts
// other threads, which inherit the signal mask.
void hold_signals();

// While it lives, SIGTERM and SIGINT end the process at once with exit code 0, for long operations before the roles
// run. Has an effect only after hold_signals(). Threads: main thread, which must not start threads meanwhile: they
// would receive the signals of wait_for_stop().
class signals_let_through {
public:
  signals_let_through();
  ~signals_let_through();
  signals_let_through(const signals_let_through&) = delete;
  signals_let_through& operator=(const signals_let_through&) = delete;

private:
  sigset_t before_;
};

// Returns on SIGTERM or SIGINT. Until then calls `on_hangup` for each SIGHUP and `on_second` about once a second, and
// catches their exceptions. Afterwards another SIGTERM or SIGINT, or a stop that takes longer than five seconds, ends
// the process at once with exit code 1. Threads: main thread. REQUIRES: hold_signals() was called.
void wait_for_stop(const std::function<void()>& on_hangup, const std::function<void()>& on_second);

// For commands that work until they are stopped: returns a flag that the first SIGTERM or SIGINT sets. The second
// signal ends the process at once with exit code 1. Threads: main thread; the flag is for any thread.
const std::atomic<bool>& flag_stop_signals();

}  // namespace lars::app
