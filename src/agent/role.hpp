// The agent role: keeps this machine's routes, answers callers, ejects failing hosts and reports call results.
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
#include "net/network.hpp"

namespace lars::agent {

// Lifetime: the application's; destroyed after the pool has stopped and before `network`. Threads: main thread, except
// where noted.
class role {
public:
  role(net::io_pool& pool, agent_config config, net::network& network = net::system_network());
  ~role();

  // Locks the run directory, loads the saved routes and results, binds the three UDP ports. Starts no threads.
  // errc::connection_refused (port), errc::io_failed (state directory).
  result<void> listen();
  std::uint32_t port() const;  // the first of the three

  // Replace the lists of servers: a combined process knows its dns's and reporter's ports only after binding them.
  void use_dns(std::vector<endpoint> servers);        // before start()
  void use_reporters(std::vector<endpoint> servers);  // before listen()

  void start();

  // Applies a reloaded configuration while the role runs.
  void use(const agent_tuning& tuning);

  // The reason why the role cannot answer callers; empty if it can. Any thread.
  std::string not_ready() const;
  // A description of degraded service, such as outdated routes or waiting results; empty if there is none. Any thread.
  std::string notice() const;
  std::vector<http::metric> metrics() const;  // any thread
  // Explains the next pick of the module that the query names. Any thread.
  http::response explain(const http::request& request) const;

  // The contexts of the UDP ports' threads, by port. REQUIRES: listen() succeeded.
  std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> contexts() const;

  // Answers the datagrams that have arrived, saves unsaved state, closes the sockets. Returns when done (2 s at most).
  void stop();

private:
  struct components;
  std::unique_ptr<components> components_;
};

}  // namespace lars::agent
