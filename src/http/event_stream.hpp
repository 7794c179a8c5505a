// Server-sent events (the EventSource of browsers).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace lars::http {

struct event {
  std::string data;       // may have several lines
  std::string name = {};  // the peer's default is "message"
  std::string id = {};    // what the peer returns as Last-Event-ID when it reconnects; empty = keep the one before
};

// REQUIRES: UTF-8.
std::string format_event(const event& one);

// Threads: the context of the connection only.
class event_writer {
public:
  explicit event_writer(response_writer& out) : out_(out) {}

  // Sends the event and waits until the connection has taken it. False if the peer is gone or too slow. One call at a
  // time. Nothing is queued here: a source that has newer facts meanwhile sends only those.
  asio::awaitable<bool> send(const event& one);

  // Sends a comment if nothing was sent since the last call, so that proxies keep the connection. False as above.
  asio::awaitable<bool> keep_alive();

private:
  response_writer& out_;
  bool sending_ = false;
  bool sent_ = true;
};

// Sends events until it returns, the peer is gone or the server stops; in the last two cases it is cancelled.
using event_source = std::function<asio::awaitable<void>(event_writer&)>;

// An answer whose body is events. A comment is sent after `silence` without an event.
response event_stream(event_source source, std::chrono::milliseconds silence = std::chrono::seconds(15));

// The id of the last event that the peer has seen; empty = none.
std::string_view last_event_id(const request& asked);

}  // namespace lars::http
