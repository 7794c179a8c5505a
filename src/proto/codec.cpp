#include "proto/codec.hpp"

#include <algorithm>

#include "proto/lars.pb.h"

namespace lars::proto {
namespace {

bool parse(std::string_view body, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

std::string framed(message_id id, const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  std::string out(wire::frame_header_size + size, '\0');
  wire::put_frame_header(out.data(), id, size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()) + wire::frame_header_size);
  return out;
}

// Cuts repeated hosts from the end until the body fits; tells whether it had to.
bool cut_to(std::size_t limit, lars::GetRouteResponse& message) {
  std::size_t size = message.ByteSizeLong();
  if (size <= limit) return false;
  while (size > limit && message.host_size() > 0) {
    const std::size_t last = message.host(message.host_size() - 1).ByteSizeLong();
    size -= last + 1 + (last < 128 ? 1 : 2);
    message.mutable_host()->RemoveLast();
  }
  return true;
}

void put_extended_host(const routed_host& from, lars::HostInfo& to) {
  to.set_ip(static_cast<std::int32_t>(from.target.where.ip));
  to.set_port(static_cast<std::int32_t>(from.target.where.port));
  if (from.target.weight != default_weight) to.set_weight(from.target.weight);
  if (!from.zone.empty()) to.set_zone(from.zone);
  to.set_state(static_cast<std::uint32_t>(from.target.state));
}

// A state from a newer peer means something we do not know: such a host gets no calls.
host_state state_from(std::uint32_t value) {
  return value <= static_cast<std::uint32_t>(host_state::down) ? static_cast<host_state>(value) : host_state::down;
}

}  // namespace

bool decode(std::string_view body, route_request& out) {
  lars::GetRouteRequest message;
  if (!parse(body, message)) return false;
  out = {{message.modid(), message.cmdid()}, message.known_digest(), message.features()};
  return true;
}

bool decode(std::string_view body, route_response& out) {
  lars::GetRouteResponse message;
  if (!parse(body, message)) return false;
  out.key = {message.modid(), message.cmdid()};
  out.digest = message.digest();
  out.unchanged = message.unchanged();
  out.total_hosts = message.total_hosts();
  out.hosts.clear();
  out.hosts.reserve(static_cast<std::size_t>(message.host_size()));
  for (const auto& from : message.host()) {
    routed_host to;
    to.target.where = {static_cast<std::uint32_t>(from.ip()), static_cast<std::uint32_t>(from.port())};
    to.target.weight = from.has_weight() ? std::min(from.weight(), max_weight) : default_weight;
    to.target.state = state_from(from.state());
    to.zone = from.zone();
    out.hosts.push_back(std::move(to));
  }
  return true;
}

bool decode(std::string_view body, ping& out) {
  lars::Ping message;
  if (!parse(body, message)) return false;
  out = {message.token(), message.features()};
  return true;
}

bool decode(std::string_view body, pong& out) {
  lars::Pong message;
  if (!parse(body, message)) return false;
  out = {message.token(), message.features()};
  return true;
}

std::string encode(const route_request& request) {
  lars::GetRouteRequest message;
  message.set_modid(request.key.modid);
  message.set_cmdid(request.key.cmdid);
  message.set_known_digest(request.known_digest);
  message.set_features(request.features);
  return framed(message_id::get_route_request, message);
}

std::string encode(const ping& request) {
  lars::Ping message;
  message.set_token(request.token);
  message.set_features(request.features);
  return framed(message_id::ping, message);
}

std::string encode(const pong& answer) {
  lars::Pong message;
  message.set_token(answer.token);
  message.set_features(answer.features);
  return framed(message_id::pong, message);
}

std::string encode_extended(const route_response& response) {
  // One message a thread, reused: parsing into and building from a warm message is several times cheaper than a new
  // one.
  thread_local lars::GetRouteResponse message;
  message.Clear();
  message.set_modid(response.key.modid);
  message.set_cmdid(response.key.cmdid);
  for (const auto& host : response.hosts) put_extended_host(host, *message.add_host());
  message.set_digest(response.digest);
  message.set_unchanged(response.unchanged);
  message.set_total_hosts(response.total_hosts);
  cut_to(extended_body_limit, message);
  return framed(message_id::get_route_response, message);
}

std::string encode_plain(const route_response& response, bool& cut) {
  thread_local lars::GetRouteResponse message;
  message.Clear();
  message.set_modid(response.key.modid);
  message.set_cmdid(response.key.cmdid);
  for (const auto& host : response.hosts) {
    if (!host.target.takes_calls()) continue;
    lars::HostInfo& to = *message.add_host();
    to.set_ip(static_cast<std::int32_t>(host.target.where.ip));
    to.set_port(static_cast<std::int32_t>(host.target.where.port));
  }
  cut = cut_to(stream_body_limit, message);
  return framed(message_id::get_route_response, message);
}

std::string digest_input(std::span<const routed_host> hosts) {
  thread_local lars::GetRouteResponse message;
  message.Clear();
  for (const auto& host : hosts) put_extended_host(host, *message.add_host());
  std::string bytes;
  message.SerializeToString(&bytes);
  return bytes;
}

}  // namespace lars::proto
