// Closes a connection whose peer stops in the middle of a message.
#pragma once

#include <chrono>

#include "net/tcp_connection.hpp"

namespace lars::net {

// Silence between messages is not limited. Threads: the context of the connection only.
class message_deadline {
public:
  static constexpr std::chrono::milliseconds limit{10'000};

  // To be called after each input. `whole`: a message was completed. `part`: an incomplete message remains.
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
