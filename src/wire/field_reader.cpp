#include "wire/field_reader.hpp"

namespace lars::wire {

bool field_reader::fail() {
  ok_ = false;
  rest_ = {};
  return false;
}

bool field_reader::next() {
  if (rest_.empty()) return false;
  // The end of a group that has no start is malformed.
  if (!take_tag() || kind_ == field_kind::group_end) return fail();
  return take_value(levels_) || fail();
}

// A tag is a varint of at most five bytes whose value is cut to 32 bits; field number 0 does not exist.
bool field_reader::take_tag() {
  std::uint32_t tag = 0;
  for (std::size_t i = 0; i < 5 && i < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    tag |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      number_ = tag >> 3;
      kind_ = static_cast<field_kind>(tag & 7);
      return number_ != 0;
    }
  }
  return false;
}

bool field_reader::take_varint(std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// A length is a varint of at most five bytes, is below 2 GiB and does not reach past the end of the body.
bool field_reader::take_bytes(std::string_view& value) {
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 5 && i < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    if (i == 4 && byte >= 8) return false;
    size |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      if (size > rest_.size()) return false;
      value = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return true;
    }
  }
  return false;
}

bool field_reader::take_fixed64(std::uint64_t& value) {
  if (rest_.size() < 8) return false;
  value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<std::uint8_t>(rest_[i])} << (8 * i);
  rest_.remove_prefix(8);
  return true;
}

bool field_reader::skip_fixed(std::size_t size) {
  if (rest_.size() < size) return false;
  rest_.remove_prefix(size);
  return true;
}

bool field_reader::take_value(int depth) {
  switch (kind_) {
    case field_kind::varint:
      return take_varint(varint_);
    case field_kind::bytes:
      return take_bytes(bytes_);
    case field_kind::fixed64:
      return take_fixed64(fixed64_);
    case field_kind::fixed32:
      return skip_fixed(4);
    case field_kind::group_start:
      return skip_group(number_, depth);
    case field_kind::group_end:
      return false;
  }
  return false;
}

// Skips to the end of the group. Sets number() and kind() back to those of its start.
bool field_reader::skip_group(std::uint32_t number, int depth) {
  if (depth == 0) return false;
  while (!rest_.empty() && take_tag()) {
    if (kind_ == field_kind::group_end) {
      const bool matches = number_ == number;
      number_ = number;
      kind_ = field_kind::group_start;
      return matches;
    }
    if (!take_value(depth - 1)) return false;
  }
  return false;
}

}  // namespace lars::wire
