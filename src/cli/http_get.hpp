// One question to an HTTP server on this machine, and its answer.
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
  std::chrono::milliseconds deadline{2000};  // for all of it
  std::size_t bytes = 4u << 20;              // of an answer, header included
};

// GET `target` (path and query). Threads: blocking, until the deadline at most. Errors: errc::connection_refused where
// nobody listens, errc::timeout, errc::peer_closed, errc::too_large, errc::bad_message for what is no HTTP,
// errc::system_error.
result<http_answer> http_get(endpoint where, const std::string& target, const http_limits& limits = {});

// An answer taken apart, of all that a server sent until it closed. errc::bad_message, errc::peer_closed where part of
// it is missing. Pure.
result<http_answer> parse_answer(std::string_view bytes);

}  // namespace lars::cli
