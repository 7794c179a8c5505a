#include "wire/messages.hpp"

#include <algorithm>

#include "wire/field_writer.hpp"

namespace lars::wire {
namespace {

std::size_t finish_frame(std::span<char> out, message_id id, const field_writer& body) {
  const auto size = static_cast<std::size_t>(body.end() - out.data());
  put_frame_header(out.data(), id, size - frame_header_size);
  return size;
}

field_writer begin_frame(std::span<char> out) { return field_writer(out.data() + frame_header_size); }

}  // namespace

bool merge_host(std::string_view body, endpoint& where) {
  field_reader fields(body, nesting_limit - 1);
  while (fields.next()) {
    if (fields.is_varint(1)) where.ip = fields.as_uint32();
    if (fields.is_varint(2)) where.port = fields.as_uint32();
  }
  return fields.ok();
}

bool decode(std::string_view body, get_host_request& out) {
  field_reader fields(body);
  out = {};
  while (fields.next()) {
    if (fields.is_varint(1)) out.seq = fields.as_uint32();
    if (fields.is_varint(2)) out.key.modid = fields.as_int32();
    if (fields.is_varint(3)) out.key.cmdid = fields.as_int32();
    if (fields.is_bytes(4)) out.pick_key = fields.as_bytes();
    if (fields.is_varint(6)) out.cost = fields.as_uint32();
    if (fields.is_varint(15)) out.features = fields.as_uint32();
    if (!fields.is_bytes(5)) continue;
    endpoint excluded;
    if (!merge_host(fields.as_bytes(), excluded)) return false;
    out.exclude.add(excluded);
  }
  return fields.ok();
}

bool decode(std::string_view body, get_host_response& out) {
  field_reader fields(body);
  out = {};
  while (fields.next()) {
    if (fields.is_varint(1)) out.seq = fields.as_uint32();
    if (fields.is_varint(2)) out.key.modid = fields.as_int32();
    if (fields.is_varint(3)) out.key.cmdid = fields.as_int32();
    if (fields.is_varint(4)) out.code = fields.as_int32();
    if (fields.is_varint(6)) out.call_id = fields.as_uint64();
    if (!fields.is_bytes(5)) continue;
    if (!merge_host(fields.as_bytes(), out.where)) return false;
    out.has_host = true;
  }
  return fields.ok();
}

bool decode(std::string_view body, report_request& out) {
  field_reader fields(body);
  out = {};
  while (fields.next()) {
    if (fields.is_varint(1)) out.key.modid = fields.as_int32();
    if (fields.is_varint(2)) out.key.cmdid = fields.as_int32();
    if (fields.is_varint(4)) out.code = fields.as_int32();
    if (fields.is_varint(5)) out.call_id = fields.as_uint64();
    if (fields.is_varint(6)) out.latency_us = fields.as_uint32();
    if (fields.is_varint(7)) out.cost = fields.as_uint32();
    if (fields.is_fixed64(8)) out.utilization = fields.as_double();
    if (fields.is_fixed64(9)) out.qps = fields.as_double();
    if (fields.is_fixed64(10)) out.eps = fields.as_double();
    if (fields.is_varint(11)) out.abandoned = fields.as_uint64() != 0;
    if (fields.is_varint(15)) out.features = fields.as_uint32();
    if (!fields.is_bytes(3)) continue;
    if (!merge_host(fields.as_bytes(), out.where)) return false;
    out.has_host = true;
  }
  return fields.ok();
}

bool decode(std::string_view body, caller_route_request& out) {
  field_reader fields(body);
  out = {};
  while (fields.next()) {
    if (fields.is_varint(1)) out.key.modid = fields.as_int32();
    if (fields.is_varint(2)) out.key.cmdid = fields.as_int32();
    if (fields.is_varint(15)) out.features = fields.as_uint32();
  }
  return fields.ok();
}

std::size_t encode(const get_host_request& message, std::span<char> out) {
  if (message.pick_key.size() > pick_key_limit) return 0;
  field_writer body = begin_frame(out);
  body.field(1, message.seq);
  body.int32_field(2, message.key.modid);
  body.int32_field(3, message.key.cmdid);
  body.bytes_field(4, message.pick_key);
  for (const endpoint where : message.exclude.hosts()) body.host_field(5, where);
  body.field(6, message.cost);
  body.field(15, message.features);
  return finish_frame(out, message_id::get_host_request, body);
}

std::size_t encode(const get_host_response& message, std::span<char> out) {
  field_writer body = begin_frame(out);
  body.field(1, message.seq);
  body.int32_field(2, message.key.modid);
  body.int32_field(3, message.key.cmdid);
  body.int32_field(4, message.code);
  if (message.has_host) body.host_field(5, message.where);
  body.field(6, message.call_id);
  return finish_frame(out, message_id::get_host_response, body);
}

std::size_t encode(const report_request& message, std::span<char> out) {
  field_writer body = begin_frame(out);
  body.int32_field(1, message.key.modid);
  body.int32_field(2, message.key.cmdid);
  if (message.has_host) body.host_field(3, message.where);
  body.int32_field(4, message.code);
  body.field(5, message.call_id);
  body.field(6, message.latency_us);
  body.field(7, message.cost);
  body.double_field(8, message.utilization);
  body.double_field(9, message.qps);
  body.double_field(10, message.eps);
  body.field(11, message.abandoned ? 1u : 0u);
  body.field(15, message.features);
  return finish_frame(out, message_id::report_request, body);
}

std::size_t encode(const caller_route_request& message, std::span<char> out) {
  field_writer body = begin_frame(out);
  body.int32_field(1, message.key.modid);
  body.int32_field(2, message.key.cmdid);
  body.field(15, message.features);
  return finish_frame(out, message_id::caller_route_request, body);
}

caller_route_encoder::caller_route_encoder(std::span<char> out, route_key key)
    : out_(out.first(std::min(out.size(), datagram_limit))) {
  field_writer body = begin_frame(out_);
  body.int32_field(1, key.modid);
  body.int32_field(2, key.cmdid);
  size_ = static_cast<std::size_t>(body.end() - out_.data());
}

bool caller_route_encoder::add(endpoint where) {
  const std::size_t info = host_info_size(where);
  if (size_ + 1 + varint_size(info) + info > out_.size()) return false;
  field_writer body(out_.data() + size_);
  body.host_field(3, where);
  size_ = static_cast<std::size_t>(body.end() - out_.data());
  return true;
}

std::size_t caller_route_encoder::finish() {
  put_frame_header(out_.data(), message_id::caller_route_response, size_ - frame_header_size);
  return size_;
}

}  // namespace lars::wire
