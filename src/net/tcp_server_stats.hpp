// The counters of a TCP server since its start.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/error.hpp>

namespace lars::net {

// Threads: any thread.
struct tcp_server_stats {
  using counter = std::atomic<std::uint64_t>;

  std::atomic<std::uint64_t> open{0};  // gauge: open connections
  counter accepted{0};
  counter refused{0};          // closed on accept: max_connections were open
  counter evicted{0};          // closed to make room: the peer had not sent a valid message
  counter silent{0};           // closed by a peer that had not sent a valid message
  counter accept_failures{0};  // failed accept() calls, mostly out of file descriptors
  counter bad_message{0};      // closed because the input could not be decoded
  counter too_large{0};        // closed because the peer did not read its answers
  counter timeout{0};          // closed because the peer stalled in a message, was silent or did not read

  // Counts the end of a connection by reason.
  void count_closed(errc why) {
    if (why == errc::bad_message) ++bad_message;
    if (why == errc::too_large) ++too_large;
    if (why == errc::timeout) ++timeout;
  }
};

}  // namespace lars::net
