// The HTTP port of a process, for operators, health checks, Prometheus and the API.
#pragma once

#include <cstdint>
#include <future>
#include <lars/error.hpp>
#include <memory>
#include <vector>

#include "http/metric.hpp"
#include "http/router.hpp"
#include "http/server_config.hpp"
#include "http/shared_state.hpp"
#include "net/io_pool.hpp"
#include "net/network.hpp"
#include "net/tcp_server.hpp"

namespace lars::http {

// Lifetime: the application's; destroyed after the pool has stopped. Threads: main thread, except stats() and
// metrics().
class server {
public:
  // Connections come from `from`; TLS is a network that wraps the streams of another one. REQUIRES: it outlives the
  // server.
  server(net::io_pool& pool, server_config config, router routes, net::network& from = net::system_network());
  ~server();

  // Binds. errc::connection_refused with the reason in words.
  result<void> listen();
  std::uint32_t port() const;

  void start();

  // Stops accepting, ends idle connections and streams, and waits for the answers to open requests: for stop_limit,
  // then their handlers are cancelled. What is left ends with the pool.
  void stop();

  // The first part of stop(). Does not wait.
  void begin_stop();
  // Cancels the handlers. Does not wait.
  void cancel_handlers();

  const server_stats& stats() const;
  std::vector<metric> metrics() const;  // of the port itself

private:
  template <class F>
  void for_each_session(F f);

  net::io_pool& pool_;
  std::shared_ptr<shared_state> state_;  // shared with open connections
  const std::future<void> all_ended_;
  net::tcp_server listener_;
};

}  // namespace lars::http
