// Accepts TCP connections and hands each to a context of the pool, in turn.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/io_pool.hpp"
#include "net/tcp_connection.hpp"

namespace lars::net {

struct tcp_server_config {
  endpoint where;                       // port 0 = any free one
  std::size_t max_connections = 10000;  // one more is accepted and closed at once
  connection_limits limits;
};

// Lifetime: its role's. Threads: main thread, except where noted.
class tcp_server {
public:
  // Serves one connection to its end. Called on the context (number `context`) that the connection was accepted into.
  using serve = std::function<asio::awaitable<void>(std::shared_ptr<tcp_connection>, std::size_t context)>;

  tcp_server(io_pool& pool, tcp_server_config config);

  // Binds and listens. errc::connection_refused with the reason in words (port taken, no such address).
  result<void> listen();

  // The port that was bound. REQUIRES: listen() succeeded.
  std::uint32_t port() const;

  // Starts to accept; connections wait in the kernel's queue before. Each runs `handler`.
  void start(serve handler);

  // Accepts no more. Connections under way go on.
  void stop();

  std::size_t connections() const { return connections_->load(std::memory_order_relaxed); }  // any thread

private:
  asio::awaitable<void> run_accept(serve handler);

  io_pool& pool_;
  const tcp_server_config config_;
  asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<std::atomic<std::size_t>> connections_;  // shared with the connections' ends
  std::size_t next_context_ = 0;
};

}  // namespace lars::net
