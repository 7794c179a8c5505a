// The way to dns: holds one connection at a time, heals it, carries requests out and routes in.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/peer_watch.hpp"
#include "agent/server_choice.hpp"
#include "base/random.hpp"
#include "net/tcp_connection.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// Who the link works for. Threads: the link's context.
class route_client {
public:
  virtual ~route_client() = default;

  // A new connection stands: whatever was asked before has to be asked again.
  virtual void on_connected() = 0;

  // The next requests as frames, about `limit` bytes of them; empty when there are none.
  virtual std::string take_requests(std::size_t limit) = 0;

  // An answer or a push.
  virtual void on_route(proto::route_response&& route) = 0;
};

// Lifetime: outlives run(). Threads: owner context only. What waits to be sent is bounded: requests are taken from the
// client only as fast as the peer reads them.
class dns_link {
public:
  // REQUIRES: `client` outlives run().
  dns_link(boost::asio::io_context& context, route_client& client);

  // Connects, serves, moves on, until stop(). Without servers it returns at once. `identity` tells this agent from
  // others.
  boost::asio::awaitable<void> run(std::vector<endpoint> servers, std::string identity);
  void stop();

  bool connected() const { return connection_ != nullptr; }

  // The client has requests.
  void pump();

private:
  boost::asio::awaitable<bool> serve(std::shared_ptr<net::tcp_connection> connection, server_attempt attempt);
  boost::asio::awaitable<void> run_connection(std::shared_ptr<net::tcp_connection> connection, errc& why);
  boost::asio::awaitable<void> run_watch();
  bool on_bytes(std::string_view bytes);
  bool on_frame(const proto::frame& frame);
  void send_ping();
  void log_unreachable(const server_attempt& attempt, const std::string& reason);

  route_client& client_;
  base::random_source random_;
  boost::asio::steady_timer timer_;  // waits between attempts, then between steps of the watch
  bool stopping_ = false;
  bool told_unreachable_ = false;

  // Of the connection that stands:
  std::shared_ptr<net::tcp_connection> connection_;
  std::optional<peer_watch> watch_;
  std::optional<proto::frame_reader> reader_;
  bool backlog_ = false;  // the client has more requests than the connection takes
};

}  // namespace lars::agent
