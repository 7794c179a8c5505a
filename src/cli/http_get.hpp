// A small HTTP client for one GET request to a server on this machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <string>
#include <string_view>

namespace lars::cli {

struct http_answer {
  unsigned status = 0;
  std::string body;
};

struct http_limits {
  std::chrono::milliseconds deadline{2000};  // for the whole request
  std::size_t bytes = 4u << 20;              // of an answer, header included
};

// Sends GET for `target` (path and query). Threads: blocking, until the deadline at most. Errors:
// errc::connection_refused if nothing listens, errc::timeout, errc::peer_closed, errc::too_large, errc::bad_message if
// the answer is not HTTP, errc::system_error.
result<http_answer> http_get(endpoint where, const std::string& target, const http_limits& limits = {});

// Parses everything that a server sent until it closed. errc::bad_message if it is not HTTP, errc::peer_closed if it is
// incomplete. Pure.
result<http_answer> parse_answer(std::string_view bytes);

}  // namespace lars::cli
