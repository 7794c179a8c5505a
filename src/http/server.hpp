// The HTTP port of a process: small answers to operators, probes and Prometheus.
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
  endpoint listen{0x7f000001, 7780};                   // port 0 = any free one
  std::size_t max_connections = 256;                   // one more is closed at once
  std::size_t unread_bytes = 1u << 20;                 // answers that wait for a peer to read; beyond it, it is closed
  request_limits limits;                               // beyond them: 431 or 413, and the connection closes
  std::chrono::milliseconds request_deadline{10'000};  // a request that is not whole by then: the connection closes
  std::chrono::milliseconds idle_limit{75'000};        // so does one without a request for so long
};

// Counters of one server. Threads: any thread.
struct server_stats {
  std::atomic<std::uint64_t> requests{0};   // answered by a handler, 404 and 405 included
  std::atomic<std::uint64_t> malformed{0};  // refused with 400 or 411
  std::atomic<std::uint64_t> oversize{0};   // refused with 413 or 431
};

struct server_parts;

// Lifetime: the application's; destroyed after the pool has stopped. Threads: main thread, but stats() and metrics().
class server {
public:
  server(net::io_pool& pool, server_config config, router routes);
  ~server();

  // Binds. errc::connection_refused with the reason in words.
  result<void> listen();
  std::uint32_t port() const;

  void start();
  void stop();  // accepts no more; connections under way end with the pool

  const server_stats& stats() const;
  std::vector<metric> metrics() const;  // of the port itself

private:
  std::shared_ptr<server_parts> parts_;  // shared with connections under way
  net::tcp_server listener_;
};

}  // namespace lars::http
