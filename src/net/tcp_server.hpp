// Accepts TCP connections and hands each to a context of the pool, in turn. Where as many are open as may be, or the
// process has no descriptors left, the oldest connection that has not said anything sensible yet makes way. Peers whose
// connections end before they have are told in the log once a minute.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <string>

#include "log/throttle.hpp"
#include "net/io_pool.hpp"
#include "net/newcomers.hpp"
#include "net/silent_log.hpp"
#include "net/tcp_connection.hpp"
#include "net/tcp_server_stats.hpp"

namespace lars::net {

struct tcp_server_config {
  endpoint where;                       // port 0 = any free one
  std::size_t max_connections = 10000;  // one more and one has to go
  connection_limits limits;
};

// Lifetime: its role's. Threads: main thread, except where noted.
class tcp_server {
public:
  // Serves one connection to its end and tells why it ended. Called on the context (number `context`) that the
  // connection was accepted into. It calls prove() once the peer has sent a message of ours.
  using serve = std::function<asio::awaitable<errc>(std::shared_ptr<tcp_connection>, std::size_t context)>;

  tcp_server(io_pool& pool, tcp_server_config config);

  // Binds and listens. errc::connection_refused with the reason in words (port taken, no such address).
  result<void> listen();

  // The port that was bound. REQUIRES: listen() succeeded.
  std::uint32_t port() const;

  // Starts to accept; connections wait in the kernel's queue before. Each runs `handler`.
  void start(serve handler);

  // Accepts no more. Connections under way go on.
  void stop();

  std::size_t connections() const { return stats_->open.load(); }  // any thread
  const tcp_server_stats& stats() const { return *stats_; }        // any thread

private:
  struct session_end;

  asio::awaitable<void> run_accept(serve handler);
  void take(asio::ip::tcp::socket socket, std::size_t context, const serve& handler);
  void note_failure(const std::string& reason);
  bool make_way();

  io_pool& pool_;
  const tcp_server_config config_;
  asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<tcp_server_stats> stats_;  // shared with the connections' ends
  newcomers<tcp_connection> newcomers_;
  std::shared_ptr<silent_log> silent_;  // since start()
  std::size_t next_context_ = 0;
  log::throttle refusals_;
  base::time_point failure_told_;  // when it was last logged
};

}  // namespace lars::net
