// Splits a stream of bytes into HTTP/1.1 requests: first the header, then the body. The caller feeds the bytes and
// decides between the two how large the body may be; the reader does no I/O.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace lars::http {

struct request_limits {
  std::size_t header_bytes = 8u << 10;
  std::size_t body_bytes = 64u << 10;  // of routes that do not say otherwise
};

// Lifetime: its connection's. Threads: owner context only.
// Invariant: holds at most one request within its limits plus the bytes of one feed().
class request_reader {
public:
  enum class status {
    ready,      // the header or the body is complete
    need_more,  // feed more bytes
    bad,        // the stream cannot be decoded any further; refusal() is the reason
  };

  explicit request_reader(std::size_t header_bytes);
  ~request_reader();

  void feed(std::string_view bytes);

  // Reads the next header. `out` is then the request without its body. REQUIRES: the body before it was read.
  status read_header(request& out);

  // Reads the body of that request, sent with Content-Length or in chunks. REQUIRES: the header was read; `limit` is
  // the same in all calls for one request.
  status read_body(request& out, std::size_t limit);

  bool in_body() const { return in_body_; }  // a header was read and its body was not
  std::size_t buffered() const;              // bytes that were fed and are not part of a request yet

  // True once for a request whose peer waits for "100 Continue" before it sends the body.
  bool take_expectation();

  // The HTTP status for the peer: 400, 413, 417, 431 or 501. REQUIRES: the last status was bad.
  unsigned refusal() const { return refusal_; }

private:
  status await_header();
  status refuse(unsigned why);
  unsigned flaw_of_header(const request& read) const;

  struct parser;
  const std::size_t header_bytes_;
  std::unique_ptr<parser> parser_;
  bool in_body_ = false;
  bool expects_continue_ = false;
  unsigned refusal_ = 0;
};

}  // namespace lars::http
