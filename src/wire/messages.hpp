// The datagram messages, with a hand-written codec that neither allocates nor uses a library. The encoders write the
// canonical encoding of protobuf; the decoders agree with protobuf on every body for the fields named here (a fuzz test
// compares them). As in proto3, other fields are skipped, the last value of a field wins and repeated occurrences of a
// host are merged. Absent and zero values are not written, so a message without new fields is bit-identical to that of
// the original programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string_view>

#include "wire/field_reader.hpp"
#include "wire/frame.hpp"

namespace lars::wire {

// Return codes in the answers of an agent to a caller.
enum class retcode : std::int32_t {
  success = 0,
  overload = 1,  // every host is ejected and no trial is due
  system_error = 2,
  no_such_module = 3,  // or its route has not arrived yet: retry after 50 ms
};

// The hosts that a pick must avoid. Holds the first `limit` hosts that are added.
// Invariant: size() never exceeds `limit`.
class exclude_list {
public:
  static constexpr std::size_t limit = exclude_max;

  // False if the list is full; then the host is not added.
  bool add(endpoint where) {
    if (size_ == limit) return false;
    hosts_[size_++] = where;
    return true;
  }

  std::size_t size() const { return size_; }
  std::span<const endpoint> hosts() const { return {hosts_.data(), size_}; }

private:
  std::array<endpoint, limit> hosts_;
  std::size_t size_ = 0;
};

// The longest key of a pick that encode() writes; decode() accepts any length.
inline constexpr std::size_t pick_key_limit = 256;

struct get_host_request {
  std::uint32_t seq = 0;  // echoed, so that a caller can match answers to requests
  route_key key;
  std::string_view pick_key = {};  // the key for hash policies; empty = none; decode() borrows it from the body
  exclude_list exclude = {};       // hosts beyond the limit are decoded and ignored
  std::uint32_t cost = 0;          // expected cost of the call, in the unit of the caller; 0 = not given
  std::uint32_t features = 0;      // what the caller understands; 0 = the original protocol
};

struct get_host_response {
  std::uint32_t seq = 0;
  route_key key;
  std::int32_t code = 0;
  bool has_host = false;  // only when code is 0
  endpoint where;
  std::uint64_t call_id = 0;  // to be sent back with the report; 0 = none, as for callers that announce no features
};

struct report_request {
  route_key key;
  bool has_host = false;
  endpoint where;
  std::int32_t code = 0;         // 0 = success, any other a failure
  std::uint32_t latency_us = 0;  // duration of the call; 0 = not given, as in the original protocol
  std::uint32_t cost = 0;        // cost of the call, in the unit of the caller; 0 = not given
  std::uint64_t call_id = 0;     // from the answer to get_host; 0 = none
  double utilization = 0;      // this, qps and eps: the load that the host reported; unchecked, may be negative or NaN
  double qps = 0;              // calls per second
  double eps = 0;              // failed calls per second
  bool abandoned = false;      // the call ended without an outcome; ignore `code`
  std::uint32_t features = 0;  // as in get_host_request
};

struct caller_route_request {
  route_key key;
  std::uint32_t features = 0;  // as in get_host_request
};

// The decoders take a body. They return false if it is not a protobuf message; `out` is then unspecified.
bool decode(std::string_view body, get_host_request& out);
bool decode(std::string_view body, get_host_response& out);
bool decode(std::string_view body, report_request& out);
bool decode(std::string_view body, caller_route_request& out);

// A buffer size that suffices for every encode() below. The largest message is a get_host_request: header, five numbers
// of at most eleven bytes, a key and its length, hosts of at most 24 bytes.
inline constexpr std::size_t small_datagram_limit = 1856;

// A buffer size that suffices for a get_host_response, and to construct a caller_route_encoder.
inline constexpr std::size_t small_answer_limit = 112;

// Write whole frames, header and body. Return the size written, or 0 if pick_key exceeds its limit.
// REQUIRES: `out` holds small_datagram_limit bytes; for a get_host_response small_answer_limit are enough.
std::size_t encode(const get_host_request& message, std::span<char> out);
std::size_t encode(const get_host_response& message, std::span<char> out);
std::size_t encode(const report_request& message, std::span<char> out);
std::size_t encode(const caller_route_request& message, std::span<char> out);

// Builds a GetRouteResponse for a caller, host by host. Truncates it at the end of the buffer.
class caller_route_encoder {
public:
  // REQUIRES: `out` outlives the encoder and has at least small_answer_limit bytes. Uses at most datagram_limit bytes.
  caller_route_encoder(std::span<char> out, route_key key);

  // Returns false and writes nothing if the host does not fit.
  bool add(endpoint where);

  // Writes the header and returns the size of the datagram.
  std::size_t finish();

private:
  std::span<char> out_;
  std::size_t size_;
};

// Reads one HostInfo field and merges it into `where`.
bool merge_host(std::string_view body, endpoint& where);

// Reads a GetRouteResponse and calls `each(endpoint)` for every host, in order. False if it is not such a message.
template <class Each>
bool decode_caller_route(std::string_view body, route_key& key, Each&& each) {
  field_reader fields(body);
  key = {};
  while (fields.next()) {
    endpoint where;
    if (fields.is_varint(1)) key.modid = fields.as_int32();
    if (fields.is_varint(2)) key.cmdid = fields.as_int32();
    if (!fields.is_bytes(3)) continue;
    if (!merge_host(fields.as_bytes(), where)) return false;
    each(where);
  }
  return fields.ok();
}

}  // namespace lars::wire
