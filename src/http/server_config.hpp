// What an HTTP port may cost and how long its peers may take.
#pragma once

#include <chrono>
#include <cstddef>
#include <lars/types.hpp>

#include "http/request_reader.hpp"

namespace lars::http {

struct server_config {
  endpoint listen{0x7f000001, 7780};    // port 0 = any free one
  std::size_t max_connections = 256;    // further connections are closed on accept
  std::size_t unread_bytes = 1u << 20;  // answers that the peer has not read; beyond it, the connection closes
  request_limits limits;                // beyond them: 431 or 413, then the connection closes
  std::chrono::milliseconds request_deadline{10'000};  // time to receive a whole request; then 408
  std::chrono::milliseconds idle_limit{75'000};        // time without a request; then the connection closes
  std::chrono::milliseconds slow_limit{
      30'000};  // time to take one piece of a streamed answer; then the connection closes
  std::chrono::milliseconds unread_body_limit{1'000};  // a body that was refused is discarded for so long
  std::chrono::milliseconds half_closed_limit{
      2'000};                                   // time to answer a peer that sends no more; then it counts as gone
  std::chrono::milliseconds stop_limit{2'000};  // at a stop, time for open requests; then 503
};

}  // namespace lars::http
