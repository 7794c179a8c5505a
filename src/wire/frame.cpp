#include "wire/frame.hpp"

namespace lars::wire {
namespace {

void put_le32(char* out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t get_le32(const char* in) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(in[i])} << (8 * i);
  return value;
}

}  // namespace

void put_frame_header(char* out, message_id id, std::size_t length) {
  put_le32(out, static_cast<std::uint32_t>(id));
  put_le32(out + 4, static_cast<std::uint32_t>(length));
}

void append_frame(std::string& out, message_id id, std::string_view body) {
  char header[frame_header_size];
  put_frame_header(header, id, body.size());
  out.append(header, sizeof header);
  out.append(body);
}

bool parse_datagram(std::string_view datagram, frame& out) {
  if (datagram.size() < frame_header_size) return false;
  if (get_le32(datagram.data() + 4) != datagram.size() - frame_header_size) return false;
  out.id = static_cast<std::int32_t>(get_le32(datagram.data()));
  out.body = datagram.substr(frame_header_size);
  return true;
}

void frame_reader::feed(std::string_view bytes) {
  // Frames that next() returned are dropped. Only an incomplete frame is moved, so a byte moves at most once per
  // feed().
  buffer_.erase(0, used_);
  used_ = 0;
  buffer_.append(bytes);
}

void frame_reader::trim() {
  if (held() > 0) return;
  std::string().swap(buffer_);
  used_ = 0;
}

frame_reader::status frame_reader::next(frame& out) {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  if (rest.size() < frame_header_size) return status::need_more;
  // A negative length exceeds every limit when read as an unsigned number.
  const std::size_t length = get_le32(rest.data() + 4);
  if (length > body_limit_) return status::bad;
  if (rest.size() - frame_header_size < length) return status::need_more;
  out.id = static_cast<std::int32_t>(get_le32(rest.data()));
  out.body = rest.substr(frame_header_size, length);
  used_ += frame_header_size + length;
  return status::ready;
}

}  // namespace lars::wire
