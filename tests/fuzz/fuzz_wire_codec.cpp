// The hand-written codec of the datagram messages against protobuf: it accepts and refuses the same bodies, reads the
// same values, and writes the same bytes. The first byte of the input chooses the message.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include "expect.hpp"
#include "field_messages.pb.h"
#include "named_messages.pb.h"
#include "proto/lars.pb.h"
#include "wire/messages.hpp"

namespace {

using lars::endpoint;
using lars::route_key;
using lars::fuzz::expect;
using lars::fuzz::planted;
namespace wire = lars::wire;

constexpr auto same_verdict = "both accept a body or both refuse it";
constexpr auto same_values = "both read the same values";
constexpr auto same_bytes = "both write the same bytes";

template <class Message>
bool parse(std::string_view body, Message& message) {
  return message.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

template <class Message>
route_key key_of(const Message& message) {
  const bool wrong = planted && message.modid() < -1000;
  return {wrong ? 0 : message.modid(), message.cmdid()};
}

template <class Host>
endpoint endpoint_of(const Host& host) {
  return {static_cast<std::uint32_t>(host.ip()), static_cast<std::uint32_t>(host.port())};
}

// A message that protobuf read, as the codec's type.
template <class Message>
wire::get_host_request values(const Message& message, wire::get_host_request*) {
  wire::get_host_request request{message.seq(), key_of(message)};
  if constexpr (requires { message.exclude(); }) {
    request.pick_key = message.key();
    for (const auto& host : message.exclude()) request.exclude.add(endpoint_of(host));
    request.cost = message.cost();
    request.features = message.features();
  }
  return request;
}
template <class Message>
wire::get_host_response values(const Message& message, wire::get_host_response*) {
  wire::get_host_response response{message.seq(), key_of(message), message.retcode(), message.has_host(),
                                   endpoint_of(message.host())};
  if constexpr (requires { message.call_id(); }) response.call_id = message.call_id();
  return response;
}
template <class Message>
wire::report_request values(const Message& message, wire::report_request*) {
  wire::report_request request{key_of(message), message.has_host(), endpoint_of(message.host()), message.retcode()};
  if constexpr (requires { message.call_id(); }) {
    request.latency_us = message.latency_us();
    request.cost = message.cost();
    request.call_id = message.call_id();
    request.utilization = message.utilization();
    request.qps = message.qps();
    request.eps = message.eps();
    request.abandoned = message.abandoned();
    request.features = message.features();
  }
  return request;
}
template <class Message>
wire::caller_route_request values(const Message& message, wire::caller_route_request*) {
  wire::caller_route_request request{key_of(message)};
  if constexpr (requires { message.features(); }) request.features = message.features();
  return request;
}

// NaN equals NaN here.
bool same(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool equal(const wire::get_host_request& a, const wire::get_host_request& b) {
  return a.seq == b.seq && a.key == b.key && a.pick_key == b.pick_key &&
         std::ranges::equal(a.exclude.hosts(), b.exclude.hosts()) && a.cost == b.cost && a.features == b.features;
}
bool equal(const wire::get_host_response& a, const wire::get_host_response& b) {
  return a.seq == b.seq && a.key == b.key && a.code == b.code && a.has_host == b.has_host && a.where == b.where &&
         a.call_id == b.call_id;
}
bool equal(const wire::report_request& a, const wire::report_request& b) {
  return a.key == b.key && a.has_host == b.has_host && a.where == b.where && a.code == b.code &&
         a.latency_us == b.latency_us && a.cost == b.cost && a.call_id == b.call_id &&
         same(a.utilization, b.utilization) && same(a.qps, b.qps) && same(a.eps, b.eps) && a.abandoned == b.abandoned &&
         a.features == b.features;
}
bool equal(const wire::caller_route_request& a, const wire::caller_route_request& b) {
  return a.key == b.key && a.features == b.features;
}

// A message without the fields that old programs do not know.
wire::get_host_request as_in_the_field(const wire::get_host_request& message) { return {message.seq, message.key}; }
wire::get_host_response as_in_the_field(const wire::get_host_response& message) {
  return {message.seq, message.key, message.code, message.has_host, message.where};
}
wire::report_request as_in_the_field(const wire::report_request& message) {
  return {message.key, message.has_host, message.where, message.code};
}
wire::caller_route_request as_in_the_field(const wire::caller_route_request& message) { return {message.key}; }

// The one refusal of encode().
bool is_too_long(const wire::get_host_request& message) { return message.pick_key.size() > wire::pick_key_limit; }
template <class Ours>
bool is_too_long(const Ours&) {
  return false;
}

// More excluded hosts than the codec keeps are not written either.
void cut(lars_named::GetHostRequest& message) {
  const int limit = static_cast<int>(wire::exclude_list::limit);
  if (message.exclude_size() > limit) message.mutable_exclude()->DeleteSubrange(limit, message.exclude_size() - limit);
}
template <class Named>
void cut(Named&) {}

template <class Ours>
std::string written(const Ours& message) {
  std::array<char, wire::small_datagram_limit> frame;
  const std::size_t size = wire::encode(message, frame);
  expect((size == 0) == is_too_long(message), "encode() refuses nothing but a long key");
  return size == 0 ? std::string()
                   : std::string(frame.data() + wire::frame_header_size, size - wire::frame_header_size);
}

// `Field`, `Named` and `Extended` are the message as programs in the field, the codec and lars.proto know it.
template <class Ours, class Field, class Named, class Extended>
void check(std::string_view body) {
  constexpr Ours* ours_type = nullptr;
  Ours ours;
  Named named;
  const bool accepted = wire::decode(body, ours);
  expect(accepted == parse(body, named), same_verdict);
  // lars.proto has more fields, which protobuf looks into and the codec skips: a caller that sends rubbish there is
  // still answered. What protobuf does read, both read alike.
  Extended extended;
  if (parse(body, extended)) expect(accepted && equal(ours, values(extended, ours_type)), same_values);
  if (!accepted) return;
  expect(equal(ours, values(named, ours_type)), same_values);
  Field field;
  const Ours plain = as_in_the_field(ours);
  expect(parse(body, field) && equal(plain, values(field, ours_type)), same_values);

  field.DiscardUnknownFields();
  expect(written(plain) == field.SerializeAsString(), same_bytes);
  if (is_too_long(ours)) return expect(written(ours).empty(), same_bytes);
  named.DiscardUnknownFields();
  cut(named);
  const auto whole = written(ours);
  expect(whole == named.SerializeAsString(), same_bytes);
  Ours again;
  expect(wire::decode(whole, again) && equal(ours, again), same_values);
}

void check_route(std::string_view body) {
  route_key key;
  std::vector<endpoint> hosts;
  const bool accepted = wire::decode_caller_route(body, key, [&](endpoint where) { hosts.push_back(where); });
  lars_field::GetRouteResponse field;
  expect(accepted == parse(body, field), same_verdict);
  if (!accepted) return;
  expect(key == key_of(field) && hosts.size() == static_cast<std::size_t>(field.host_size()), same_values);
  for (int i = 0; i < field.host_size(); ++i)
    expect(hosts[static_cast<std::size_t>(i)] == endpoint_of(field.host(i)), same_values);

  std::string frame(wire::datagram_limit, '\0');
  wire::caller_route_encoder encoder(frame, key);
  for (const endpoint where : hosts) {
    if (!encoder.add(where)) return;
  }
  frame.resize(encoder.finish());
  field.DiscardUnknownFields();
  expect(frame.substr(wire::frame_header_size) == field.SerializeAsString(), same_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body = lars::fuzz::text(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check<wire::get_host_request, lars_field::GetHostRequest, lars_named::GetHostRequest, lars::GetHostRequest>(body);
      break;
    case 1:
      check<wire::get_host_response, lars_field::GetHostResponse, lars_named::GetHostResponse, lars::GetHostResponse>(
          body);
      break;
    case 2:
      check<wire::report_request, lars_field::ReportRequest, lars_named::ReportRequest, lars::ReportRequest>(body);
      break;
    case 3:
      check<wire::caller_route_request, lars_field::GetRouteRequest, lars_named::GetRouteRequest,
            lars::GetRouteRequest>(body);
      break;
    default:
      check_route(body);
      break;
  }
  return 0;
}
