// Looks after the threads that do the process's work: each beats from its own context, so that one that is stuck is
// noticed by the service manager and by /livez.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/heartbeat_round.hpp"
#include "base/clock.hpp"

namespace lars::app {

// A thread that serves, by the context that it runs.
struct watched_thread {
  std::string name;  // for people, as "UDP port 8888"
  boost::asio::io_context* context = nullptr;
};

// Lifetime: destroyed after the contexts' threads have ended. Threads: main thread, except where noted; `alive` is
// called on any of the contexts' threads.
class watchdog {
public:
  // `alive` is called about every `interval` for as long as every context turns; it may be empty.
  watchdog(const std::vector<watched_thread>& threads, std::chrono::microseconds interval, std::function<void()> alive);
  ~watchdog();

  void start();

  // Gives the contexts no more to do; each may run out of work afterwards.
  void stop();

  // Names the threads that have not beaten for longer than `patience`, as "io 0, UDP port 8888"; empty: all turn.
  // Any thread.
  std::string stuck(base::time_point now, base::duration patience) const;

private:
  struct pulse;
  heartbeat_round round_;
  const std::chrono::microseconds interval_;
  const std::function<void()> alive_;
  std::vector<std::unique_ptr<pulse>> pulses_;
};

}  // namespace lars::app
