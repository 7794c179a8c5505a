// What a TCP server counted since its start.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/error.hpp>

namespace lars::net {

// Threads: any thread.
struct tcp_server_stats {
  using counter = std::atomic<std::uint64_t>;

  std::atomic<std::uint64_t> open{0};  // a gauge: connections now
  counter accepted{0};
  counter refused{0};          // closed at once: as many were open as may be
  counter evicted{0};          // made way for others: had not said anything that makes sense
  counter silent{0};           // their peers closed them and had not said anything that makes sense
  counter accept_failures{0};  // the kernel gave no connection, most likely for want of descriptors
  counter bad_message{0};      // closed for bytes that cannot be followed
  counter too_large{0};        // closed because more waited to be read by the peer than may
  counter timeout{0};          // closed because the peer stood still in the middle of a message, or did not read

  // A connection ended, for this reason.
  void note_end(errc why) {
    if (why == errc::bad_message) ++bad_message;
    if (why == errc::too_large) ++too_large;
    if (why == errc::timeout) ++timeout;
  }
};

}  // namespace lars::net
