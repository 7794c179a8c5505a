// Reads the fields of one protobuf body, for the hand-written decoders of this folder. Accepts and refuses exactly what
// protobuf does for undeclared fields. Borrows the bytes of the body.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lars::wire {

enum class field_kind : std::uint8_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  group_start = 3,
  group_end = 4,
  fixed32 = 5
};

// The default of protobuf. Deeper nesting is refused, so that no body can exhaust the stack. A message or a group
// within a message is one level.
inline constexpr int nesting_limit = 100;

// Threads: owner context only. Usage: while (reader.next()) { … } then check ok().
class field_reader {
public:
  // `levels` is how deep the body may nest: for a nested message, one less than for the body that contains it.
  explicit field_reader(std::string_view body, int levels = nesting_limit) : rest_(body), levels_(levels) {}

  // Reads the next field and its value. False at the end of the body, or if the body is malformed.
  bool next();

  // True if the body was well-formed. Meaningful once next() has returned false.
  bool ok() const { return ok_; }

  std::uint32_t number() const { return number_; }
  field_kind kind() const { return kind_; }

  bool is_varint(std::uint32_t number) const { return number_ == number && kind_ == field_kind::varint; }
  bool is_bytes(std::uint32_t number) const { return number_ == number && kind_ == field_kind::bytes; }
  bool is_fixed64(std::uint32_t number) const { return number_ == number && kind_ == field_kind::fixed64; }

  // The value of a varint field, truncated to the requested width as protobuf does.
  std::int32_t as_int32() const { return static_cast<std::int32_t>(static_cast<std::uint32_t>(varint_)); }
  std::uint32_t as_uint32() const { return static_cast<std::uint32_t>(varint_); }
  std::uint64_t as_uint64() const { return varint_; }

  // The value of a fixed64 field, bit for bit.
  double as_double() const { return std::bit_cast<double>(fixed64_); }

  // The bytes of a length-delimited field.
  std::string_view as_bytes() const { return bytes_; }

private:
  bool fail();
  bool take_tag();
  bool take_varint(std::uint64_t& value);
  bool take_bytes(std::string_view& value);
  bool take_fixed64(std::uint64_t& value);
  bool skip_fixed(std::size_t size);
  bool take_value(int depth);
  bool skip_group(std::uint32_t number, int depth);

  std::string_view rest_;
  const int levels_;
  std::uint32_t number_ = 0;
  field_kind kind_ = field_kind::varint;
  std::uint64_t varint_ = 0;
  std::uint64_t fixed64_ = 0;
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace lars::wire
