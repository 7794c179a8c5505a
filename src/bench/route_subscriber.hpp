// An agent's side of a connection to a dns, as far as a measurement needs it.
#pragma once

#include <chrono>
#include <functional>
#include <lars/error.hpp>
#include <memory>

#include "proto/codec.hpp"

namespace lars::bench {

// One connection, subscribed to every module that it asked for.
// Threads: owner context only; blocking. Lifetime: the destructor closes the connection.
class route_subscriber {
public:
  // Connects to the dns on 127.0.0.1. errc::connection_refused.
  static result<std::unique_ptr<route_subscriber>> connect(std::uint32_t port);

  route_subscriber(const route_subscriber&) = delete;
  route_subscriber& operator=(const route_subscriber&) = delete;
  ~route_subscriber();

  result<void> ask(route_key key);

  // Reads answers and pushes and returns the first that `matches`. errc::timeout, errc::peer_closed, errc::bad_message.
  result<proto::route_response> wait_for(const std::function<bool(const proto::route_response&)>& matches,
                                         std::chrono::milliseconds patience);

private:
  explicit route_subscriber(int socket) : socket_(socket), frames_(proto::extended_body_limit) {}

  const int socket_;
  proto::frame_reader frames_;
};

}  // namespace lars::bench
