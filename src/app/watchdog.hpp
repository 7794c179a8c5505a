// Detects stuck threads: each watched context runs a timer that beats. The service manager and /livez notice a missing
// beat.
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

// A thread and the context that it runs.
struct watched_thread {
  std::string name;  // for messages, as "UDP port 8888"
  boost::asio::io_context* context = nullptr;
};

// Lifetime: destroyed after the threads of the contexts have ended. Threads: main thread, except where noted; `alive`
// is called on any of the watched threads.
class watchdog {
public:
  // Calls `alive` about every `interval` as long as no context is stuck. `alive` may be empty.
  watchdog(const std::vector<watched_thread>& threads, std::chrono::microseconds interval, std::function<void()> alive);
  ~watchdog();

  void start();

  // Stops the timers, so that the contexts may run out of work.
  void stop();

  // The threads without a beat for longer than `patience`, as "io 0, UDP port 8888"; empty if there are none.
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
