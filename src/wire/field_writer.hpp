// Writes protobuf fields in canonical form. Omits zero values (a double is zero if all its bits are). The caller writes
// the fields in ascending order.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <string_view>

namespace lars::wire {

inline constexpr std::size_t max_varint_size = 10;

constexpr std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

// protobuf encodes an int32 sign-extended to 64 bits: negative numbers take ten bytes.
constexpr std::uint64_t sign_extended(std::int32_t value) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

// Size of an int32 or uint32 field with a one-byte tag, 0 for the value 0.
constexpr std::size_t field_size(std::uint64_t value) { return value == 0 ? 0 : 1 + varint_size(value); }

// Body size of a HostInfo.
constexpr std::size_t host_info_size(endpoint where) {
  return field_size(sign_extended(static_cast<std::int32_t>(where.ip))) +
         field_size(sign_extended(static_cast<std::int32_t>(where.port)));
}

// REQUIRES: the buffer is large enough for everything written; the size is not checked.
class field_writer {
public:
  explicit field_writer(char* out) : out_(out) {}

  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      *out_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *out_++ = static_cast<char>(value);
  }
  // REQUIRES: number is 1 to 15, so that the tag is one byte.
  void field(std::uint32_t number, std::uint64_t value) {
    if (value == 0) return;
    *out_++ = static_cast<char>(number << 3);
    varint(value);
  }
  void int32_field(std::uint32_t number, std::int32_t value) { field(number, sign_extended(value)); }
  void double_field(std::uint32_t number, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits == 0) return;
    *out_++ = static_cast<char>((number << 3) | 1);
    for (int i = 0; i < 8; ++i) *out_++ = static_cast<char>(bits >> (8 * i));
  }
  void bytes_field(std::uint32_t number, std::string_view value) {
    if (value.empty()) return;
    *out_++ = static_cast<char>((number << 3) | 2);
    varint(value.size());
    out_ = std::copy(value.begin(), value.end(), out_);
  }
  void host_field(std::uint32_t number, endpoint where) {
    *out_++ = static_cast<char>((number << 3) | 2);
    varint(host_info_size(where));
    int32_field(1, static_cast<std::int32_t>(where.ip));
    int32_field(2, static_cast<std::int32_t>(where.port));
  }

  char* end() const { return out_; }

private:
  char* out_;
};

}  // namespace lars::wire
