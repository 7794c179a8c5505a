// Asks a server how it stands, over a connection of its own that serves nothing else.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/tcp_connection.hpp"

namespace lars::agent {

// Lifetime: outlives ask(). Threads: owner context only.
class server_question {
public:
  // True when the server says that it does its work; false where it says otherwise, nothing, or too little in time.
  boost::asio::awaitable<bool> ask(endpoint server);

  // Ends the question under way, but for the making of its connection, which takes a third of a second at most.
  void give_up();

private:
  std::shared_ptr<net::tcp_connection> connection_;
};

}  // namespace lars::agent
