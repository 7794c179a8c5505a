// Asks a server for its state over a separate connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/network.hpp"
#include "net/tcp_connection.hpp"

namespace lars::agent {

// Lifetime: outlives ask(). Threads: owner context only.
class server_question {
public:
  explicit server_question(net::network& network) : network_(network) {}

  // True if the server reports to be healthy; false if it reports otherwise or does not answer in time.
  boost::asio::awaitable<bool> ask(endpoint server);

  // Ends the current question, except while it connects, which takes at most 300 ms.
  void give_up();

private:
  net::network& network_;
  std::shared_ptr<net::tcp_connection> connection_;
};

}  // namespace lars::agent
