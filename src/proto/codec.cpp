#include "proto/codec.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

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

// Appends the message with the entries of maps sorted by name. By default the library does not fix their order.
void append_in_order(const google::protobuf::MessageLite& message, std::string& out) {
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
}

// Removes hosts from the end until the body fits. Returns true if it removed any.
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

void put_extended_host(const host& from, lars::HostInfo& to) {
  to.set_ip(static_cast<std::int32_t>(from.where.ip));
  to.set_port(static_cast<std::int32_t>(from.where.port));
  if (from.weight != default_weight) to.set_weight(from.weight);
  if (!from.zone.empty()) to.set_zone(from.zone);
  to.set_state(static_cast<std::uint32_t>(from.state));
}

void put_settings(const base::module_settings& from, lars::GetRouteResponse& message) {
  if (from.empty()) return;
  lars::ModuleSettings& to = *message.mutable_settings();
  to.set_policy(from.policy);
  for (const auto& [name, value] : from.parameter) (*to.mutable_parameter())[name] = value;
  for (const auto& [name, value] : from.health) (*to.mutable_health())[name] = value;
  to.set_subset_size(from.subset_size);
}

base::module_settings settings_from(const lars::ModuleSettings& from) {
  return {from.policy(),
          {from.parameter().begin(), from.parameter().end()},
          {from.health().begin(), from.health().end()},
          from.subset_size()};
}

// A newer peer may send a state that we do not know: such a host gets no calls.
host_state state_from(std::uint32_t value) {
  return value <= static_cast<std::uint32_t>(host_state::down) ? static_cast<host_state>(value) : host_state::down;
}

server_state server_state_from(std::uint32_t value) {
  return value <= static_cast<std::uint32_t>(server_state::cannot_write) ? static_cast<server_state>(value)
                                                                         : server_state::storage_lost;
}

call_result result_from(const lars::HostCallResult& from) {
  call_result to;
  to.where = {static_cast<std::uint32_t>(from.ip()), static_cast<std::uint32_t>(from.port())};
  to.succ = from.succ();
  to.err = from.err();
  to.overload = from.overload();
  to.delta.succ = from.d_succ();
  to.delta.err = from.d_err();
  to.delta.latency_sum_us = from.latency_sum_us();
  to.delta.cost_sum = from.cost_sum();
  const auto buckets =
      std::min<std::size_t>(static_cast<std::size_t>(from.latency_bucket_size()), base::latency_buckets);
  for (std::size_t i = 0; i < buckets; ++i) to.delta.latency[i] = from.latency_bucket(static_cast<int>(i));
  return to;
}

void put_result(const call_result& from, lars::HostCallResult& to) {
  to.set_ip(static_cast<std::int32_t>(from.where.ip));
  to.set_port(static_cast<std::int32_t>(from.where.port));
  to.set_succ(from.succ);
  to.set_err(from.err);
  to.set_overload(from.overload);
  to.set_d_succ(static_cast<std::uint32_t>(from.delta.succ));
  to.set_d_err(static_cast<std::uint32_t>(from.delta.err));
  to.set_latency_sum_us(from.delta.latency_sum_us);
  to.set_cost_sum(from.delta.cost_sum);
  // Empty buckets at the end are not sent.
  std::size_t used = base::latency_buckets;
  while (used > 0 && from.delta.latency[used - 1] == 0) --used;
  for (std::size_t i = 0; i < used; ++i) to.add_latency_bucket(static_cast<std::uint32_t>(from.delta.latency[i]));
}

}  // namespace

void silence_library() { google::protobuf::SetLogHandler(nullptr); }

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
  out.settings = settings_from(message.settings());
  out.whole = message.whole();
  out.hosts.clear();
  out.hosts.reserve(static_cast<std::size_t>(message.host_size()));
  for (const auto& from : message.host()) {
    host to;
    to.where = {static_cast<std::uint32_t>(from.ip()), static_cast<std::uint32_t>(from.port())};
    to.weight = from.has_weight() ? std::min(from.weight(), max_weight) : default_weight;
    to.state = state_from(from.state());
    to.zone = from.zone();
    out.hosts.push_back(std::move(to));
  }
  return true;
}

bool decode(std::string_view body, status_report& out) {
  thread_local lars::ReportStatusRequest message;
  if (!parse(body, message)) return false;
  out.key = {message.modid(), message.cmdid()};
  out.caller = static_cast<std::uint32_t>(message.caller());
  out.ts = message.ts();
  out.agent = base::agent_id::from_bytes(message.agent_id()).value_or(base::agent_id{});
  out.seq = message.seq();
  out.age_ms = message.has_age_ms() ? std::optional(message.age_ms()) : std::nullopt;
  out.features = message.features();
  out.acked = message.acked();
  out.counted = {message.boot(), message.boot_ms()};
  out.results.clear();
  out.results.reserve(static_cast<std::size_t>(message.results_size()));
  for (const auto& from : message.results()) out.results.push_back(result_from(from));
  return true;
}

bool decode(std::string_view body, status_answer& out) {
  lars::ReportStatusResponse message;
  if (!parse(body, message)) return false;
  const auto agent = base::agent_id::from_bytes(message.agent_id());
  if (!agent) return false;
  out = {*agent, message.seq(), message.resend()};
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
  out = {message.token(), message.features(), message.has_age_ms() ? std::optional(message.age_ms()) : std::nullopt,
         server_state_from(message.state())};
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

std::string encode(const status_report& report) {
  thread_local lars::ReportStatusRequest message;
  message.Clear();
  message.set_modid(report.key.modid);
  message.set_cmdid(report.key.cmdid);
  message.set_caller(static_cast<std::int32_t>(report.caller));
  for (const auto& result : report.results) put_result(result, *message.add_results());
  message.set_ts(report.ts);
  if (!report.agent.is_none()) message.set_agent_id(std::string(report.agent.as_bytes()));
  message.set_seq(report.seq);
  if (report.age_ms) message.set_age_ms(*report.age_ms);
  message.set_acked(report.acked);
  message.set_features(report.features);
  message.set_boot(report.counted.boot);
  message.set_boot_ms(report.counted.ms);
  return framed(message_id::report_status_request, message);
}

std::string encode(const status_answer& answer) {
  lars::ReportStatusResponse message;
  message.set_agent_id(std::string(answer.agent.as_bytes()));
  message.set_seq(answer.seq);
  message.set_resend(answer.resend);
  return framed(message_id::report_status_response, message);
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
  if (answer.age_ms) message.set_age_ms(*answer.age_ms);
  message.set_state(static_cast<std::uint32_t>(answer.state));
  return framed(message_id::pong, message);
}

std::string encode_extended(const route_response& response) {
  // One message per thread, reused: parsing into an existing message and building from it is several times cheaper than
  // a new message.
  thread_local lars::GetRouteResponse message;
  message.Clear();
  message.set_modid(response.key.modid);
  message.set_cmdid(response.key.cmdid);
  for (const auto& host : response.hosts) put_extended_host(host, *message.add_host());
  message.set_digest(response.digest);
  message.set_unchanged(response.unchanged);
  message.set_total_hosts(response.total_hosts);
  put_settings(response.settings, message);
  message.set_whole(response.whole);
  cut_to(extended_body_limit, message);
  return framed(message_id::get_route_response, message);
}

std::string encode_plain(const route_response& response, bool& cut) {
  thread_local lars::GetRouteResponse message;
  message.Clear();
  message.set_modid(response.key.modid);
  message.set_cmdid(response.key.cmdid);
  for (const auto& host : response.hosts) {
    if (!host.takes_calls()) continue;
    lars::HostInfo& to = *message.add_host();
    to.set_ip(static_cast<std::int32_t>(host.where.ip));
    to.set_port(static_cast<std::int32_t>(host.where.port));
  }
  cut = cut_to(stream_body_limit, message);
  return framed(message_id::get_route_response, message);
}

std::string digest_input(std::span<const host> hosts, const base::module_settings& settings) {
  thread_local lars::GetRouteResponse message;
  message.Clear();
  for (const auto& host : hosts) put_extended_host(host, *message.add_host());
  put_settings(settings, message);
  std::string bytes;
  append_in_order(message, bytes);
  return bytes;
}

}  // namespace lars::proto
