// What one connection may cost and how long its peer may take.
#pragma once

#include <chrono>
#include <cstddef>

namespace lars::net {

struct connection_limits {
  std::size_t write_queue_bytes = 64u << 20;        // limit for bytes that the peer has not read
  std::chrono::milliseconds write_deadline{10000};  // time without progress of a write; then the connection closes
  // TCP keepalive detects a peer whose machine or network is gone. After `keepalive_idle` without traffic the kernel
  // sends a probe every `keepalive_interval`, and closes the connection after `keepalive_probes` without an answer. The
  // kernel of the peer answers, so a program that is silent stays connected.
  std::chrono::seconds keepalive_idle{60};
  std::chrono::seconds keepalive_interval{10};
  int keepalive_probes = 3;
  std::chrono::milliseconds unacknowledged{30000};  // age of unacknowledged data at which the kernel closes it
  std::chrono::milliseconds silence{30000};         // see tcp_connection::expect_input()
};

}  // namespace lars::net
