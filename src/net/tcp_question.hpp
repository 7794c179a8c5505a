// Finds out what is at a TCP port: who answers a question, who lives and knows none, who stands still.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <lars/types.hpp>
#include <string>

namespace lars::net {

enum class reaction {
  unreachable,  // nobody is there, or it ended the connection at once or with an error
  answered,     // it said something
  closed,       // it kept silent, and closed in good order once we had said that no more would come: it lives
  silent,       // not even that: it stands still
};

// Lifetime: outlives ask(). Threads: owner context only. One question at a time.
class tcp_question {
public:
  explicit tcp_question(boost::asio::io_context& context) : socket_(context), timer_(context) {}

  // Sends `question` over a connection of its own and waits so long: for the connection, for an answer, and for the
  // peer's end after ours.
  boost::asio::awaitable<reaction> ask(endpoint where, std::string question, std::chrono::milliseconds patience);

  // Ends the question under way.
  void give_up();

private:
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
};

}  // namespace lars::net
