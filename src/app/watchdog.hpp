// Tells that the process is alive from the very threads that do its work: one that is stuck keeps all of it silent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "app/heartbeat_round.hpp"

namespace lars::app {

// Lifetime: destroyed after the contexts' threads have ended. Threads: main thread; `alive` is called on any of the
// contexts' threads.
class watchdog {
public:
  // `alive` is called about every `interval` for as long as every context turns.
  watchdog(std::vector<boost::asio::io_context*> contexts, std::chrono::microseconds interval,
           std::function<void()> alive);
  ~watchdog();

  void start();

  // Gives the contexts no more to do; each may run out of work afterwards.
  void stop();

private:
  struct pulse;
  heartbeat_round round_;
  const std::chrono::microseconds interval_;
  const std::function<void()> alive_;
  std::vector<std::unique_ptr<pulse>> pulses_;
};

}  // namespace lars::app
