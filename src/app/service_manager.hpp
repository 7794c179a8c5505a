// Notifies systemd of the state of this process. Does nothing if the process does not run under systemd.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lars::app {

// Never blocks, although systemd may leave the queue of its socket full for a long time.
// Threads: main thread, except alive().
class service_manager {
public:
  // Reads NOTIFY_SOCKET (a path or @name), WATCHDOG_USEC and WATCHDOG_PID from the environment of the process.
  explicit service_manager(const std::map<std::string, std::string>& environment);
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  void ready(const std::string& status);
  void reloading();  // ready() follows
  void stopping();

  // Sends the latest state again if the queue was full: systemd treats a start without a notification as failed.
  // Earlier unsent states are dropped.
  void retry();

  // Any thread. Dropped if the queue is full, because the next beat follows soon.
  void alive() const;

  // The longest interval between calls of alive() that systemd accepts; nullopt if there is no watchdog.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
  void notify(std::string text);
  // False if the queue is full.
  bool send(std::string_view text) const;

  std::string address_;  // in the form of sun_path; empty = no systemd
  std::optional<std::chrono::microseconds> watchdog_;
  int socket_ = -1;
  std::string unsent_;  // the latest state, if it could not be sent
};

}  // namespace lars::app
