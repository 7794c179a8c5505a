// What systemd is told of this process, where it runs under it; else nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace lars::app {

// Threads: any thread.
class service_manager {
public:
  void ready(const std::string& status);
  void reloading();  // ready() follows
  void stopping();
  void alive();

  // How often alive() is expected at least; none where nobody watches. Main thread.
  std::optional<std::chrono::microseconds> watchdog() const;
};

}  // namespace lars::app
