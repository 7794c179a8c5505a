// The datagram messages, decoded and encoded by hand: no allocation, no library. The same bytes as protobuf's canonical
// encoding, and decoders that agree with protobuf on every body over the fields named here (a fuzz test compares).
// Fields not named here are skipped unread, the last value of a field wins, a host given twice is merged: as in proto3.
// What is absent or zero is not written: a message without the fields that programs already in the field do not know
// is, bit for bit, theirs.
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

// Codes an agent answers a caller with.
enum class retcode : std::int32_t {
  success = 0,
  overload = 1,  // every host is overloaded and it is not a probe's turn
  system_error = 2,
  no_such_module = 3,  // or its route has not arrived yet: ask again 50 ms later
};

// The hosts that a caller does not want this time: the first ones given, up to `limit`.
// Invariant: size() never exceeds `limit`.
class exclude_list {
public:
  static constexpr std::size_t limit = exclude_max;

  // False when there is no room any more; the host is left out then.
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

// Bytes of a pick's key that encode() writes; decode() takes what a datagram holds.
inline constexpr std::size_t pick_key_limit = 256;

struct get_host_request {
  std::uint32_t seq = 0;  // echoed, so that a caller can tell answers apart
  route_key key;
  std::string_view pick_key = {};  // what keyed policies go by; borrowed, by decode() from the body; empty = none
  exclude_list exclude = {};       // more than its limit are looked into and left out
  std::uint32_t cost = 0;          // what the call will cost, in the caller's own unit; 0 = not told
  std::uint32_t features = 0;      // what the caller understands; 0 = as every caller already in the field
};

struct get_host_response {
  std::uint32_t seq = 0;
  route_key key;
  std::int32_t code = 0;
  bool has_host = false;  // only when code is 0
  endpoint where;
  std::uint64_t call_id = 0;  // to be told with the report; 0 = none, as to callers that announce no features
};

struct report_request {
  route_key key;
  bool has_host = false;
  endpoint where;
  std::int32_t code = 0;         // 0 = success, any other a failure
  std::uint32_t latency_us = 0;  // how long the call took; 0 = not told, as by every caller already in the field
  std::uint32_t cost = 0;        // what it cost, in the caller's own unit; 0 = not told
  std::uint64_t call_id = 0;     // as the answer to get_host had it; 0 = none
  double utilization = 0;        // from here on what the host said of its load, unchecked: may be negative or no number
  double qps = 0;                // calls a second it serves
  double eps = 0;                // those of them that failed
  bool abandoned = false;        // the call has no outcome: it is not under way any more, the code says nothing
  std::uint32_t features = 0;    // as in get_host_request
};

struct caller_route_request {
  route_key key;
  std::uint32_t features = 0;  // as in get_host_request
};

// All decoders take a body and return false when it is no protobuf message; `out` is then unspecified.
bool decode(std::string_view body, get_host_request& out);
bool decode(std::string_view body, get_host_response& out);
bool decode(std::string_view body, report_request& out);
bool decode(std::string_view body, caller_route_request& out);

// Room that every encode() below can do with. The largest is a get_host_request: header, five numbers of at most eleven
// bytes, a key and its length, hosts of at most 24 bytes.
inline constexpr std::size_t small_datagram_limit = 1856;

// Room that suffices for a get_host_response, and to begin a caller_route_encoder.
inline constexpr std::size_t small_answer_limit = 112;

// Whole frames: header and body. Return the size written, 0 for a pick_key over its limit: nothing else is refused.
// REQUIRES: `out` holds small_datagram_limit bytes; for a get_host_response small_answer_limit are enough.
std::size_t encode(const get_host_request& message, std::span<char> out);
std::size_t encode(const get_host_response& message, std::span<char> out);
std::size_t encode(const report_request& message, std::span<char> out);
std::size_t encode(const caller_route_request& message, std::span<char> out);

// Builds a GetRouteResponse for a caller host by host, cut where the room ends.
class caller_route_encoder {
public:
  // REQUIRES: `out` outlives the encoder and holds small_answer_limit bytes; more than datagram_limit is not used.
  caller_route_encoder(std::span<char> out, route_key key);

  // False when the host does not fit any more; nothing is written then.
  bool add(endpoint where);

  // Writes the header; returns the datagram's size.
  std::size_t finish();

private:
  std::span<char> out_;
  std::size_t size_;
};

// Reads one HostInfo, the field of a message, over what `where` holds already.
bool merge_host(std::string_view body, endpoint& where);

// Reads a GetRouteResponse: calls `each(endpoint)` for every host, in order. False when it is no such message.
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
