// Splits a stream of bytes into HTTP/1.1 requests. The caller feeds the bytes; the reader does no I/O.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace lars::http {

struct request_limits {
  std::size_t header_bytes = 8u << 10;
  std::size_t body_bytes = 64u << 10;
};

// Lifetime: its connection's. Threads: owner context only.
// Invariant: holds at most one request within its limits plus the bytes of one feed().
class request_reader {
public:
  enum class status {
    ready,      // `out` is a request
    need_more,  // feed more bytes
    bad,        // the stream cannot be decoded any further; refusal() is the reason
  };

  explicit request_reader(request_limits limits);
  ~request_reader();

  void feed(std::string_view bytes);
  status next(request& out);

  // The HTTP status for the peer: 400, 411, 413 or 431. REQUIRES: next() returned bad.
  unsigned refusal() const { return refusal_; }

private:
  status await_header();
  status refuse(unsigned why);

  struct parser;
  const request_limits limits_;
  std::unique_ptr<parser> parser_;
  unsigned refusal_ = 0;
};

}  // namespace lars::http
