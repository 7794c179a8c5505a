// What this process asks of the operating system: open files, and signals one at a time.
#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <functional>

namespace lars::app {

// Of every role and command, before all else. Where descriptors 0 to 2 are closed /dev/null is opened on them, so that
// no socket and no database becomes what messages are written to; writing to stdout fails there as it did before. A
// file that may grow no further is an error of the write (EFBIG) and no signal. SIGHUP waits: for wait_for_stop(), or
// for release_hangup().
void prepare_process();

// For commands, which end with their terminal: SIGHUP does again what it did before prepare_process(). Threads: main
// thread, before any other thread is started, as they inherit it.
void release_hangup();

// Raises the limit of open files as far as the hard limit allows: every agent costs dns one. Never fails; returns
// what the limit is then.
std::size_t raise_open_files();

// Has SIGTERM, SIGINT and SIGHUP wait for wait_for_stop() instead of ending the process, and ignores SIGPIPE.
// Threads: main thread, before any other thread is started, as they inherit it.
void hold_signals();

// While it lives, SIGTERM and SIGINT that hold_signals() holds end the process at once with exit code 0: for what may
// take long before there is anything to stop. Where none are held nothing changes. Threads: main thread; one that is
// started meanwhile would get the signals that wait_for_stop() waits for.
class signals_let_through {
public:
  signals_let_through();
  ~signals_let_through();
  signals_let_through(const signals_let_through&) = delete;
  signals_let_through& operator=(const signals_let_through&) = delete;

private:
  sigset_t before_;
};

// Returns when SIGTERM or SIGINT arrives. Before, it calls `on_hangup` for each SIGHUP and `on_second` about once a
// second; their exceptions end there. From then on another SIGTERM or SIGINT ends the process at once with exit code 1,
// and so does a stop that lasts longer than stopping should. Threads: main thread. REQUIRES: hold_signals().
void wait_for_stop(const std::function<void()>& on_hangup, const std::function<void()>& on_second);

// For a command that has work of its own until it is told to stop: the flag that the first SIGTERM or SIGINT sets. The
// second ends the process at once with exit code 1. Threads: main thread; the flag is for any thread.
const std::atomic<bool>& flag_stop_signals();

}  // namespace lars::app
