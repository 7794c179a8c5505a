// However a stream of bytes is cut into pieces, frame_reader returns the frames in it and stops where a frame is
// invalid. The first two bytes of the input choose the cuts and the body limit.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "expect.hpp"
#include "wire/frame.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;

struct reading {
  std::vector<std::pair<std::int32_t, std::string>> frames;
  bool bad = false;
  bool operator==(const reading&) const = default;
};

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value * 256 + static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// The frames of a whole stream, read by index.
reading whole(std::string_view stream, std::size_t limit) {
  reading found;
  std::size_t at = 0;
  while (stream.size() - at >= 8) {
    const std::size_t length = little_endian(stream.substr(at + 4));
    if (length > limit) {
      found.bad = true;
      break;
    }
    if (stream.size() - at - 8 < length) break;
    std::string body(stream.substr(at + 8, length));
    if (planted && length == 7) body.pop_back();
    found.frames.emplace_back(static_cast<std::int32_t>(little_endian(stream.substr(at))), std::move(body));
    at += 8 + length;
  }
  return found;
}

reading in_pieces(std::string_view stream, std::size_t limit, std::uint8_t seed) {
  reading found;
  lars::wire::frame_reader reader(limit);
  std::uint32_t draw = seed;
  while (!stream.empty() && !found.bad) {
    draw = draw * 1664525 + 1013904223;
    const std::size_t piece = std::min<std::size_t>(stream.size(), seed == 0 ? 1 : 1 + (draw >> 24) % 23);
    reader.feed(stream.substr(0, piece));
    stream.remove_prefix(piece);
    lars::wire::frame one;
    auto status = reader.next(one);
    for (; status == lars::wire::frame_reader::status::ready; status = reader.next(one))
      found.frames.emplace_back(one.id, std::string(one.body));
    found.bad = status == lars::wire::frame_reader::status::bad;
  }
  return found;
}

void check_datagram(std::string_view datagram) {
  lars::wire::frame one;
  const bool expected = datagram.size() >= 8 && little_endian(datagram.substr(4)) == datagram.size() - 8;
  expect(lars::wire::parse_datagram(datagram, one) == expected, "a datagram is one whole frame or nothing");
  if (expected) expect(one.body == datagram.substr(8), "the body is what follows the header");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = data[1] % 2 == 0 ? 48 : lars::wire::stream_body_limit;
  const std::string_view stream = lars::fuzz::text(data + 2, size - 2);
  expect(in_pieces(stream, limit, data[0]) == whole(stream, limit), "cuts make no difference to the frames");
  check_datagram(stream);
  return 0;
}
