// Tests what is at a TCP port: a program that answers a request, one that is alive but does not answer, or a stuck one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <lars/types.hpp>
#include <memory>
#include <string>

#include "net/network.hpp"
#include "net/timer.hpp"

namespace lars::net {

enum class reaction {
  unreachable,  // the connection failed, or ended early or with an error
  answered,     // it sent bytes
  closed,       // it sent nothing, but closed in order after our half-close: it is alive
  silent,       // it sent nothing and did not close: it is stuck
};

// Lifetime: outlives ask(). Threads: owner context only. One question at a time.
class tcp_question {
public:
  explicit tcp_question(boost::asio::io_context& context, network& over = system_network())
      : network_(over), timer_(context) {}

  // Sends `question` over a new connection. Waits up to `patience` for each of: the connection, an answer, and the
  // close of the peer after our half-close.
  boost::asio::awaitable<reaction> ask(endpoint where, std::string question, std::chrono::milliseconds patience);

  // Cancels a running ask().
  void give_up();

private:
  boost::asio::awaitable<reaction> converse(std::string question, std::chrono::milliseconds patience);

  network& network_;
  std::unique_ptr<byte_stream> stream_;
  timer timer_;
};

}  // namespace lars::net
