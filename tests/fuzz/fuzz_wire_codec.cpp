// The hand-written codec of the datagram messages against protobuf: it accepts and refuses the same bodies, reads the
// same values, and writes the same bytes. The first byte of the input chooses the message.
#include <array>
#include <string>
#include <vector>

#include "expect.hpp"
#include "field_messages.pb.h"
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

// What protobuf read, in the codec's own terms.
template <class Message>
wire::get_host_request values(const Message& message, wire::get_host_request*) {
  return {message.seq(), key_of(message)};
}
template <class Message>
wire::get_host_response values(const Message& message, wire::get_host_response*) {
  return {message.seq(), key_of(message), message.retcode(), message.has_host(), endpoint_of(message.host())};
}
template <class Message>
wire::report_request values(const Message& message, wire::report_request*) {
  wire::report_request request{key_of(message), message.has_host(), endpoint_of(message.host()), message.retcode()};
  if constexpr (requires { message.latency_us(); }) {
    request.latency_us = message.latency_us();
    request.cost = message.cost();
  }
  return request;
}
template <class Message>
wire::caller_route_request values(const Message& message, wire::caller_route_request*) {
  return {key_of(message)};
}

bool equal(const wire::get_host_request& a, const wire::get_host_request& b) {
  return a.seq == b.seq && a.key == b.key;
}
bool equal(const wire::get_host_response& a, const wire::get_host_response& b) {
  return a.seq == b.seq && a.key == b.key && a.code == b.code && a.has_host == b.has_host && a.where == b.where;
}
bool equal(const wire::report_request& a, const wire::report_request& b) {
  return a.key == b.key && a.has_host == b.has_host && a.where == b.where && a.code == b.code &&
         a.latency_us == b.latency_us && a.cost == b.cost;
}
bool equal(const wire::caller_route_request& a, const wire::caller_route_request& b) { return a.key == b.key; }

// A message without the fields that programs already in the field do not know.
template <class Message>
Message as_in_the_field(const Message& message) {
  return message;
}
wire::report_request as_in_the_field(const wire::report_request& message) {
  return {message.key, message.has_host, message.where, message.code};
}

template <class Ours, class Field, class Extended>
void check(std::string_view body) {
  Ours ours;
  const bool accepted = wire::decode(body, ours);
  Field field;
  expect(accepted == parse(body, field), same_verdict);
  // Messages of ours have more fields, which protobuf looks into and the codec skips: a caller that sends rubbish there
  // is still answered. What protobuf does read, both read alike.
  Extended extended;
  if (parse(body, extended))
    expect(accepted && equal(ours, values(extended, static_cast<Ours*>(nullptr))), same_values);
  if (!accepted) return;
  const Ours plain = as_in_the_field(ours);
  expect(equal(plain, values(field, static_cast<Ours*>(nullptr))), same_values);

  std::array<char, wire::small_datagram_limit> frame;
  Ours again;
  const std::size_t whole = wire::encode(ours, frame);
  const auto written = std::string_view(frame.data(), whole).substr(wire::frame_header_size);
  expect(wire::decode(written, again) && equal(ours, again), same_values);
  const std::size_t size = wire::encode(plain, frame);
  field.DiscardUnknownFields();
  expect(std::string_view(frame.data(), size).substr(wire::frame_header_size) == field.SerializeAsString(), same_bytes);
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
      check<wire::get_host_request, lars_field::GetHostRequest, lars::GetHostRequest>(body);
      break;
    case 1:
      check<wire::get_host_response, lars_field::GetHostResponse, lars::GetHostResponse>(body);
      break;
    case 2:
      check<wire::report_request, lars_field::ReportRequest, lars::ReportRequest>(body);
      break;
    case 3:
      check<wire::caller_route_request, lars_field::GetRouteRequest, lars::GetRouteRequest>(body);
      break;
    default:
      check_route(body);
      break;
  }
  return 0;
}
