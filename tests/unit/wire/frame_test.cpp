#include "wire/frame.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "hex.hpp"

namespace lars::frame_test {

using namespace lars::wire;

namespace {

std::vector<std::pair<int, std::string>> read_all(frame_reader& reader) {
  std::vector<std::pair<int, std::string>> frames;
  frame one;
  while (reader.next(one) == frame_reader::status::ready) frames.emplace_back(one.id, std::string(one.body));
  return frames;
}

}  // namespace

TEST_CASE("a stream gives the same frames wherever it is split") {
  std::string stream;
  append_frame(stream, message_id::get_route_request, "abc");
  append_frame(stream, message_id::ping, "");
  append_frame(stream, message_id::get_route_response, std::string(300, 'x'));
  const std::vector<std::pair<int, std::string>> wanted{{1, "abc"}, {12, ""}, {2, std::string(300, 'x')}};

  for (std::size_t split = 0; split <= stream.size(); ++split) {
    frame_reader reader(stream_body_limit);
    reader.feed(std::string_view(stream).substr(0, split));
    auto frames = read_all(reader);
    reader.feed(std::string_view(stream).substr(split));
    for (auto& more : read_all(reader)) frames.push_back(more);
    REQUIRE(frames == wanted);
  }

  frame_reader byte_by_byte(stream_body_limit);
  std::vector<std::pair<int, std::string>> frames;
  for (const char byte : stream) {
    byte_by_byte.feed({&byte, 1});
    for (auto& more : read_all(byte_by_byte)) frames.push_back(more);
  }
  CHECK(frames == wanted);
}

TEST_CASE("a length at the limit is read, one over it or negative ends the stream") {
  frame one;
  frame_reader at_limit(16);
  at_limit.feed(from_hex("01000000 10000000") + std::string(16, 'x'));
  CHECK(at_limit.next(one) == frame_reader::status::ready);

  frame_reader over(16);
  over.feed(from_hex("01000000 11000000"));
  CHECK(over.next(one) == frame_reader::status::bad);

  frame_reader negative(16);
  negative.feed(from_hex("01000000 ffffffff"));
  CHECK(negative.next(one) == frame_reader::status::bad);
}

TEST_CASE("a datagram is exactly one frame") {
  frame one;
  const std::string golden = from_hex("04000000 06000000 0807 1001 1801");
  REQUIRE(parse_datagram(golden, one));
  CHECK(one.id == 4);
  CHECK(one.body == from_hex("0807 1001 1801"));
  CHECK(parse_datagram(from_hex("04000000 00000000"), one));
  CHECK_FALSE(parse_datagram(from_hex("04000000 06000000 0807 1001 18"), one));
  CHECK_FALSE(parse_datagram(from_hex("04000000 06000000 0807 1001 1801 00"), one));
  CHECK_FALSE(parse_datagram(from_hex("04000000 ffffffff"), one));
  CHECK_FALSE(parse_datagram(from_hex("04000000 0600"), one));
  CHECK_FALSE(parse_datagram("", one));
}

}  // namespace lars::frame_test
