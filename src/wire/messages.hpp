// The datagram messages, decoded and encoded by hand: no allocation, no library. The same bytes as protobuf's canonical
// encoding, and decoders that agree with protobuf on every body over the fields named here (a fuzz test compares).
// Fields not named here are skipped unread, the last value of a field wins, a host given twice is merged: as in proto3.
#pragma once

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

struct get_host_request {
  std::uint32_t seq = 0;  // echoed, so that a caller can tell answers apart
  route_key key;
};

struct get_host_response {
  std::uint32_t seq = 0;
  route_key key;
  std::int32_t code = 0;
  bool has_host = false;  // only when code is 0
  endpoint where;
};

struct report_request {
  route_key key;
  bool has_host = false;
  endpoint where;
  std::int32_t code = 0;         // 0 = success, any other a failure
  std::uint32_t latency_us = 0;  // how long the call took; 0 = not told, as by every caller already in the field
  std::uint32_t cost = 0;        // what it cost, in the caller's own unit; 0 = not told
};

struct caller_route_request {
  route_key key;
};

// All decoders take a body and return false when it is no protobuf message; `out` is then unspecified.
bool decode(std::string_view body, get_host_request& out);
bool decode(std::string_view body, get_host_response& out);
bool decode(std::string_view body, report_request& out);
bool decode(std::string_view body, caller_route_request& out);

// Room that every encode() below can do with: header, five numbers of at most eleven bytes, a host.
inline constexpr std::size_t small_datagram_limit = 112;

// Whole frames: header and body. Return the size written. REQUIRES: `out` holds small_datagram_limit bytes.
std::size_t encode(const get_host_request& message, std::span<char> out);
std::size_t encode(const get_host_response& message, std::span<char> out);
std::size_t encode(const report_request& message, std::span<char> out);
std::size_t encode(const caller_route_request& message, std::span<char> out);

// Builds a GetRouteResponse for a caller host by host, cut where the room ends.
class caller_route_encoder {
public:
  // REQUIRES: `out` outlives the encoder and holds small_datagram_limit bytes; more than datagram_limit is not used.
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
