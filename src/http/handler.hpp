// What answers a request, and what is wrapped around it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "http/message.hpp"

namespace lars::http {

// Answers a request and may await. Runs on the context of the connection and must not block. It is cancelled when the
// peer is gone. The request lives until the answer is sent.
using handler = std::function<asio::awaitable<response>(request&)>;

// A handler that does not await.
using plain_handler = std::function<response(const request&)>;

// Wraps a handler: awaits `next` for the answer, or gives one of its own. It runs before the body is received, so one
// that refuses a peer spares the server the body.
using middleware = std::function<asio::awaitable<response>(request&, const handler& next)>;

struct body_limits {
  std::size_t bytes = 0;                  // beyond it: 413; 0 = the server's limit
  std::chrono::milliseconds deadline{0};  // since the start of the request, beyond it: 408; 0 = the server's
};

struct route_options {
  body_limits body = {};
  std::vector<middleware> chain = {};  // outermost first
};

// Receives the body of the request. Returns the refusal if that fails.
using body_receiver = std::function<asio::awaitable<std::optional<response>>(request&, const body_limits&)>;

}  // namespace lars::http
