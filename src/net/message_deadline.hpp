// Half a message and then silence: how long that may last.
#pragma once

#include <chrono>

#include "net/tcp_connection.hpp"

namespace lars::net {

// Threads: the connection's context only. Silence between messages may last for ever.
class message_deadline {
public:
  static constexpr std::chrono::milliseconds limit{10'000};

  // After each piece of input: whether a message became whole, and whether a part of one is left over.
  void note(tcp_connection& connection, bool whole, bool part) {
    if (!part) {
      if (armed_) connection.keep_open();
    } else if (whole || !armed_) {
      connection.close_after(limit);
    }
    armed_ = part;
  }

private:
  bool armed_ = false;
};

}  // namespace lars::net
