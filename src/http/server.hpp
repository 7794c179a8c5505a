// The HTTP port of a process, for operators, health checks and Prometheus.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "http/metric.hpp"
#include "http/request_reader.hpp"
#include "http/router.hpp"
#include "net/io_pool.hpp"
#include "net/tcp_server.hpp"

namespace lars::http {

struct server_config {
  endpoint listen{0x7f000001, 7780};    // port 0 = any free one
  std::size_t max_connections = 256;    // further connections are closed on accept
  std::size_t unread_bytes = 1u << 20;  // answers that the peer has not read; beyond it, the connection closes
  request_limits limits;                // beyond them: 431 or 413, then the connection closes
  std::chrono::milliseconds request_deadline{10'000};  // time to receive a whole request; then the connection closes
  std::chrono::milliseconds idle_limit{75'000};        // time without a request; then the connection closes
};

// Counters of one server. Threads: any thread.
struct server_stats {
  std::atomic<std::uint64_t> requests{0};   // answered by a handler, 404 and 405 included
  std::atomic<std::uint64_t> malformed{0};  // refused with 400 or 411
  std::atomic<std::uint64_t> oversize{0};   // refused with 413 or 431
};

struct shared_state;

// Lifetime: the application's; destroyed after the pool has stopped. Threads: main thread, except stats() and
// metrics().
class server {
public:
  server(net::io_pool& pool, server_config config, router routes);
  ~server();

  // Binds. errc::connection_refused with the reason in words.
  result<void> listen();
  std::uint32_t port() const;

  void start();
  void stop();  // stops accepting; open connections end with the pool

  const server_stats& stats() const;
  std::vector<metric> metrics() const;  // of the port itself

private:
  std::shared_ptr<shared_state> state_;  // shared with open connections
  net::tcp_server listener_;
};

}  // namespace lars::http
