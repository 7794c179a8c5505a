// Wires the roles of a process and unwinds them in reverse. No behaviour of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/role.hpp"
#include "app/settings.hpp"
#include "app/storage_opening.hpp"
#include "app/watchdog.hpp"
#include "dns/role.hpp"
#include "http/server.hpp"
#include "net/io_pool.hpp"
#include "reporter/role.hpp"

namespace lars::app {

// Lifetime: that of the process or of a demo. Threads: main thread.
class application {
public:
  explicit application(settings configuration);
  ~application();  // stop()

  // Creates the state directory, opens a SQLite database and binds every socket. Nothing runs yet. The detail of an
  // error is a complete message for the user; after an error the application can only be destroyed.
  result<void> listen();

  struct listener {
    std::string name;  // name of the role, or "http"
    std::uint32_t port;
  };
  // The bound ports in the order of start, HTTP last. REQUIRES: listen() succeeded.
  std::vector<listener> listeners() const;
  std::uint32_t port_of(std::string_view name) const;  // 0 if there is no such listener

  // Starts everything. `alive` is called every `beat` (default 500 ms) as long as no thread is stuck.
  // REQUIRES: listen() succeeded.
  void start(std::optional<std::chrono::microseconds> beat = std::nullopt, std::function<void()> alive = {});

  // Applies the keys marked `live`. REQUIRES: start() was called; `changed` is for the same roles.
  void use(const settings& changed);

  // Stops the roles. May be called again.
  void stop();

private:
  storage::storage_config roles_storage() const;
  result<void> open_storage();
  result<void> listen_dns();
  result<void> listen_reporter();
  result<void> listen_agent();
  result<void> listen_http();
  void connect_agent_to_local_roles();
  void watch(std::chrono::microseconds beat, std::function<void()> alive);
  std::string stuck_threads() const;

  const settings settings_;
  net::io_pool pool_;
  const std::shared_ptr<std::atomic<bool>> filling_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<mysql_opening> mysql_;
  std::unique_ptr<dns::role> dns_;
  std::unique_ptr<reporter::role> reporter_;
  std::unique_ptr<agent::role> agent_;
  std::unique_ptr<http::server> http_;
  std::unique_ptr<watchdog> watchdog_;
  std::atomic<bool> stopping_{false};
  bool running_ = false;
};

}  // namespace lars::app
