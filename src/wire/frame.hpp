// The frame of every message: int32 id, int32 length (both little-endian), then `length` bytes of body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lars::wire {

// The kind of a message. The numbers are part of the wire protocol and never change.
enum class message_id : std::int32_t {
  get_route_request = 1,       // agent → dns, subscribes
  get_route_response = 2,      // dns → agent
  report_status_request = 3,   // agent → reporter
  get_host_request = 4,        // caller → agent
  get_host_response = 5,       // agent → caller
  report_request = 6,          // caller → agent
  caller_route_request = 7,    // caller → agent, same body as 1
  caller_route_response = 8,   // agent → caller, same body as 2
  report_status_response = 9,  // reporter → agent; this and all below only to peers that announced features
  register_request = 10,
  deregister_request = 11,
  ping = 12,
  pong = 13,
  probe_request = 14,
  probe_response = 15,
};

inline constexpr std::size_t frame_header_size = 8;
inline constexpr std::size_t stream_body_limit = 65527;        // TCP, peers that announced no features
inline constexpr std::size_t extended_body_limit = 16u << 20;  // TCP, peers that announced features
inline constexpr std::size_t datagram_limit = 65507;           // a UDP datagram over IPv4, header included
inline constexpr std::size_t datagram_body_limit = datagram_limit - frame_header_size;

// One whole message. `body` borrows from the buffer that the message was read from.
struct frame {
  std::int32_t id = 0;
  std::string_view body;
};

// Writes the header for a body of `length` bytes. REQUIRES: `out` has eight bytes; length fits an int32.
void put_frame_header(char* out, message_id id, std::size_t length);

// Appends a whole frame.
void append_frame(std::string& out, message_id id, std::string_view body);

// Reads a datagram, which is exactly one frame. False if its size does not match the header.
bool parse_datagram(std::string_view datagram, frame& out);

// Splits a stream of bytes into frames. The caller feeds the bytes; the reader does no I/O.
// Threads: owner context only.
class frame_reader {
public:
  enum class status {
    ready,      // `out` is a frame, borrowed until the next call of feed() or trim()
    need_more,  // feed more bytes
    bad,        // the length is negative or over the limit: the stream cannot be decoded any further
  };

  explicit frame_reader(std::size_t body_limit) : body_limit_(body_limit) {}

  void feed(std::string_view bytes);
  status next(frame& out);

  // Bytes that next() has not returned yet.
  std::size_t held() const { return buffer_.size() - used_; }

  // Frees the buffer if it is empty, because most connections are idle most of the time. Invalidates borrowed frames.
  void trim();

private:
  const std::size_t body_limit_;
  std::string buffer_;
  std::size_t used_ = 0;  // bytes of buffer_ that next() has returned
};

}  // namespace lars::wire
