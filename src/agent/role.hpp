// The agent role: pulls and keeps this machine's routes, answers callers over UDP, shields hosts that fail.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "agent/local/agent_config.hpp"
#include "http/message.hpp"
#include "http/metric.hpp"
#include "net/io_pool.hpp"

namespace lars::agent {

// Lifetime: the application's; destroyed after the pool has stopped. Threads: main thread, except where noted.
class role {
public:
  role(net::io_pool& pool, agent_config config);
  ~role();

  // Binds the three UDP ports, takes the lock on the run directory, loads the saved routes and results. Nothing runs
  // yet. errc::connection_refused (port), errc::io_failed (state directory).
  result<void> listen();
  std::uint32_t port() const;  // the first of the three

  // Replaces the list of dns servers: a combined process learns its own dns's port only after binding. Before start().
  void use_dns(std::vector<endpoint> servers);
  void use_reporters(std::vector<endpoint> servers);  // likewise; before listen()

  void start();

  void use(const agent_tuning& tuning);  // while it runs

  // Why it cannot answer callers, empty = it can. Any thread.
  std::string not_ready() const;
  // What callers, or whoever reads results, get less than they should; empty = nothing. Any thread.
  std::string notice() const;
  std::vector<http::metric> metrics() const;  // any thread
  // Why the next pick of the module that the query names is what it is. Any thread.
  http::response explain(const http::request& asked) const;

  // Of the UDP ports' own threads. REQUIRES: listen() succeeded.
  std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> contexts() const;

  // Answers what has arrived, saves what is not saved yet, closes the sockets. Returns when done (2 s at most).
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace lars::agent
