// What systemd is told of this process, where it runs under it; else nothing happens.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lars::app {

// Its socket is a queue that systemd may leave full for long: nothing here ever waits for it.
// Threads: main thread, except alive().
class service_manager {
public:
  // `environment` is the process's: NOTIFY_SOCKET (a path, or @name), WATCHDOG_USEC and WATCHDOG_PID.
  explicit service_manager(const std::map<std::string, std::string>& environment);
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  void ready(const std::string& status);
  void reloading();  // ready() follows
  void stopping();

  // Tells once more what the queue had no place for: a start that is never told of counts as failed. What has been
  // overtaken since is left out.
  void tell_again();

  // Any thread. Dropped where the queue is full: the next one comes soon.
  void alive() const;

  // How often alive() is expected at least; none where nobody watches.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
  void tell(std::string text);
  // False where there is no place for it now.
  bool send(std::string_view text) const;

  std::string address_;  // as the kernel wants it, in sun_path; empty where there is no manager
  std::optional<std::chrono::microseconds> watchdog_;
  int socket_ = -1;
  std::string untold_;  // the last state, where it has not been told
};

}  // namespace lars::app
