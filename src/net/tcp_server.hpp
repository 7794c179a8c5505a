// Accepts TCP connections and assigns them to the contexts of the pool in turn. If max_connections are open or the
// process is out of file descriptors, evicts the oldest connection whose peer has not sent a valid message. Peers whose
// connections end without a valid message are logged once a minute.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <string>

#include "log/throttle.hpp"
#include "net/io_pool.hpp"
#include "net/network.hpp"
#include "net/newcomers.hpp"
#include "net/silent_log.hpp"
#include "net/tcp_connection.hpp"
#include "net/tcp_server_stats.hpp"

namespace lars::net {

struct tcp_server_config {
  endpoint where;                       // port 0 = any free one
  std::size_t max_connections = 10000;  // see above
  connection_limits limits;
};

// Lifetime: its role's. Threads: main thread, except where noted.
class tcp_server {
public:
  // Serves one connection to its end and returns the reason. Runs on the context (number `context`) of the connection.
  // Must call prove() once the peer has sent a valid message.
  using serve = std::function<asio::awaitable<errc>(std::shared_ptr<tcp_connection>, std::size_t context)>;

  // REQUIRES: `from` outlives the server.
  tcp_server(io_pool& pool, tcp_server_config config, network& from = system_network());

  // Binds and listens. errc::connection_refused with the reason (port in use, no such address).
  result<void> listen();

  // The port that was bound. REQUIRES: listen() succeeded.
  std::uint32_t port() const;

  // Starts to accept. Each connection runs `handler`. Until then, connections wait in the kernel's queue.
  void start(serve handler);

  // Stops accepting. Open connections continue.
  void stop();

  std::size_t connections() const { return stats_->open.load(); }  // any thread
  const tcp_server_stats& stats() const { return *stats_; }        // any thread

private:
  struct session_end;

  asio::awaitable<void> run_accept(serve handler);
  void accept(std::unique_ptr<byte_stream> stream, std::size_t context, const serve& handler);
  void log_failure(const std::string& reason);
  bool evict_silent();

  io_pool& pool_;
  const tcp_server_config config_;
  network& network_;
  std::unique_ptr<listener> listener_;       // set by listen()
  std::shared_ptr<tcp_server_stats> stats_;  // shared with session_end
  newcomers<tcp_connection> newcomers_;
  std::shared_ptr<silent_log> silent_;  // set by start()
  std::size_t next_context_ = 0;
  log::throttle refusals_;
  base::time_point last_failure_log_;  // last time that a failed accept was logged
};

}  // namespace lars::net
