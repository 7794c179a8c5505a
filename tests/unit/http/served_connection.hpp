// One HTTP connection in memory and in virtual time, its peer in the hands of the test.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/session.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::test {

struct served_connection {
  explicit served_connection(http::router routes, http::server_config config = {})
      : state(std::make_shared<http::shared_state>(config, std::move(routes), 1)),
        pair(connected_pair(loop.context.get_executor(), {0x0a000001, 1234})),
        connection(std::make_shared<net::tcp_connection>(
            std::move(pair.stream), net::connection_limits{.write_queue_bytes = config.unread_bytes})) {
    boost::asio::co_spawn(loop.context, run(), [this](const std::exception_ptr& failure, errc why) {
      failed = failure != nullptr;
      end = why;
    });
    loop.settle();
  }
  ~served_connection() { loop.time.abandon(); }

  // Sends the bytes and returns what comes back without waiting.
  std::string ask(std::string_view bytes) {
    pair.peer.send(bytes);
    loop.settle();
    return pair.peer.received();
  }
  // What comes within this time.
  std::string wait(base::duration time) {
    loop.run_for(time);
    return pair.peer.received();
  }
  void stop() {
    state->stopping = true;
    for (auto* const each : state->sessions[0]) each->stop();
    loop.settle();
  }
  bool closed() const { return pair.peer.closed(); }

  simulated_loop loop;
  std::shared_ptr<http::shared_state> state;
  memory_pair pair;
  std::shared_ptr<net::tcp_connection> connection;
  std::optional<errc> end;  // once the connection has ended
  bool failed = false;

private:
  boost::asio::awaitable<errc> run() {
    const auto shared = state;
    http::session served(*shared, connection, 0);
    co_return co_await served.run();
  }
};

}  // namespace lars::test
