// Wires the roles of a process and unwinds them in reverse. No behaviour of its own.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <vector>

#include "agent/role.hpp"
#include "app/settings.hpp"
#include "app/storage_opening.hpp"
#include "dns/role.hpp"
#include "net/io_pool.hpp"
#include "reporter/role.hpp"

namespace lars::app {

// Lifetime: the process's, or a demo's. Threads: main thread.
class application {
public:
  explicit application(settings configuration);
  ~application();  // stop()

  // Makes the state directory, opens an embedded database, binds every socket. Nothing runs yet. The errors' details
  // are complete sentences; after one the application can only be destroyed.
  result<void> listen();

  struct listener {
    role_kind role;
    std::uint32_t port;
  };
  // What was bound, in the order of start. REQUIRES: listen() succeeded.
  std::vector<listener> listeners() const;

  // REQUIRES: listen() succeeded.
  void start();

  // Stops the roles in reverse order of their start. Harmless when repeated.
  void stop();

private:
  result<void> listen_dns();
  result<void> listen_reporter();
  result<void> listen_agent();
  void tell_agent_of_neighbours();

  const settings settings_;
  net::io_pool pool_;
  std::unique_ptr<mysql_opening> mysql_;
  std::unique_ptr<dns::role> dns_;
  std::unique_ptr<reporter::role> reporter_;
  std::unique_ptr<agent::role> agent_;
  bool running_ = false;
};

}  // namespace lars::app
