#include "wire/messages.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "hex.hpp"

namespace lars::messages_test {

using namespace lars::wire;

namespace {

constexpr endpoint golden_host{0xC0A80101, 7777};  // 192.168.1.1:7777, negative as an int32

template <class Message>
std::string encoded(const Message& message) {
  std::array<char, small_datagram_limit> room{};
  return {room.data(), encode(message, room)};
}

template <class Message>
Message decoded(const std::string& datagram) {
  frame one;
  Message message;
  REQUIRE(parse_datagram(datagram, one));
  REQUIRE(decode(one.body, message));
  return message;
}

}  // namespace

TEST_CASE("GetHostRequest: golden bytes both ways") {
  const auto bytes = from_hex("04000000 06000000 0807 1001 1801");
  CHECK(encoded(get_host_request{7, {1, 1}}) == bytes);
  const auto read = decoded<get_host_request>(bytes);
  CHECK(read.seq == 7);
  CHECK(read.key == route_key{1, 1});
}

TEST_CASE("GetHostResponse with a host: golden bytes both ways") {
  const auto bytes = from_hex("05000000 16000000 0807 1001 1801 2a0e 088182a085fcffffffff01 10e13c");
  CHECK(encoded(get_host_response{7, {1, 1}, 0, true, golden_host}) == bytes);
  const auto read = decoded<get_host_response>(bytes);
  CHECK(read.has_host);
  CHECK(read.code == 0);
  CHECK(read.where == golden_host);
}

TEST_CASE("GetHostResponse with a code: golden bytes both ways") {
  const auto bytes = from_hex("05000000 08000000 0807 1001 1801 2003");
  CHECK(encoded(get_host_response{7, {1, 1}, 3, false, {}}) == bytes);
  const auto read = decoded<get_host_response>(bytes);
  CHECK_FALSE(read.has_host);
  CHECK(read.code == 3);
}

TEST_CASE("ReportRequest: golden bytes both ways") {
  const auto bytes = from_hex("06000000 16000000 0801 1001 1a0e 088182a085fcffffffff01 10e13c 2001");
  CHECK(encoded(report_request{{1, 1}, true, golden_host, 1}) == bytes);
  const auto read = decoded<report_request>(bytes);
  CHECK(read.key == route_key{1, 1});
  CHECK(read.where == golden_host);
  CHECK(read.code == 1);
}

TEST_CASE("negative ids and codes travel as ten bytes and come back") {
  const report_request report{{-1, -2147483647 - 1}, true, {0xFFFFFFFF, 4000000000u}, -7};
  const auto read = decoded<report_request>(encoded(report));
  CHECK(read.key == report.key);
  CHECK(read.where == report.where);
  CHECK(read.code == -7);
}

TEST_CASE("an empty body is module 0/0") {
  get_host_request request;
  REQUIRE(decode("", request));
  CHECK(request.key == route_key{0, 0});
  report_request report;
  REQUIRE(decode("", report));
  CHECK_FALSE(report.has_host);
}

TEST_CASE("unknown fields of every kind are skipped, the last value of a field wins") {
  get_host_request request;
  // seq 1, varint 15, fixed64 14, bytes 13, group 12 { varint 1 }, fixed32 11, seq 7
  REQUIRE(decode(from_hex("0801 7805 71 0102030405060708 6a03 616263 63 0801 64 5d 01020304 0807 1001 1801"), request));
  CHECK(request.seq == 7);
  CHECK(request.key == route_key{1, 1});
  // A known number with another wire type is an unknown field.
  REQUIRE(decode(from_hex("0a0107"), request));
  CHECK(request.seq == 0);
}

TEST_CASE("two occurrences of a host field are merged") {
  report_request report;
  REQUIRE(decode(from_hex("1a02 0805 1a02 1009"), report));
  CHECK(report.where == endpoint{5, 9});
}

TEST_CASE("bytes that are not protobuf are refused") {
  get_host_response answer;
  for (const char* body : {"08",                         // tag without a value
                           "0888888888888888888888 01",  // varint over ten bytes
                           "2a05 0801",                  // length past the end
                           "2affffffff7f",               // length of 32 GiB
                           "2affffffff0f",               // length of -1
                           "2a02 08ff",                  // malformed inside the host
                           "0001",                       // field number 0
                           "04",                         // group end without a start
                           "0b0801",                     // group without an end
                           "0b14",                       // group ended by another number
                           "06", "07",                   // wire types that do not exist
                           "0901020304",                 // half a fixed64
                           "808080808001"}) {            // tag over five bytes
    INFO(body);
    CHECK_FALSE(decode(from_hex(body), answer));
  }
}

TEST_CASE("a body may nest a hundred levels, including a host in it") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '\x0b') + std::string(levels, '\x0c'); };
  get_host_response answer;
  CHECK(decode(nested(100), answer));
  CHECK_FALSE(decode(nested(101), answer));
  CHECK(decode(from_hex("2ac601") + nested(99), answer));
  CHECK_FALSE(decode(from_hex("2ac801") + nested(100), answer));
}

TEST_CASE("a route for a caller is read back, and cut to the hosts that fit") {
  std::vector<char> room(datagram_limit);
  caller_route_encoder encoder(room, {3, -4});
  std::uint32_t added = 0;
  while (encoder.add({0xC0A80000 + added, 80})) ++added;
  const std::size_t size = encoder.finish();
  CHECK(size <= datagram_limit);
  CHECK(size > datagram_limit - 20);

  frame one;
  REQUIRE(parse_datagram({room.data(), size}, one));
  route_key key;
  std::vector<endpoint> hosts;
  REQUIRE(decode_caller_route(one.body, key, [&](endpoint where) { hosts.push_back(where); }));
  CHECK(key == route_key{3, -4});
  REQUIRE(hosts.size() == added);
  CHECK(hosts.front() == endpoint{0xC0A80000, 80});
  CHECK(hosts.back() == endpoint{0xC0A80000 + added - 1, 80});
}

TEST_CASE("latency and cost of a call use fields that old agents skip") {
  const report_request report{{1, 1}, true, golden_host, 0, 1500, 7};
  const auto bytes = encoded(report);
  const auto read = decoded<report_request>(bytes);
  CHECK(read.latency_us == 1500);
  CHECK(read.cost == 7);
  const report_request largest{{-1, -1}, true, {0xFFFFFFFF, 0xFFFFFFFF}, -1, UINT32_MAX, UINT32_MAX};
  CHECK(encoded(largest).size() <= small_datagram_limit);
  CHECK(decoded<report_request>(encoded(largest)).cost == UINT32_MAX);
}

namespace {

// Each field as large as it gets.
get_host_request largest_question(std::string_view key) {
  get_host_request question{UINT32_MAX, {-1, -1}, key, {}, UINT32_MAX, UINT32_MAX};
  while (question.exclude.add({UINT32_MAX, UINT32_MAX})) {
  }
  return question;
}

}  // namespace

TEST_CASE("GetHostRequest: key, excluded hosts, cost and features, behind what old agents read") {
  get_host_request question{7, {1, 1}, "user", {}, 300, 3};
  question.exclude.add(golden_host);
  question.exclude.add({});
  const auto bytes = encoded(question);
  CHECK(bytes == from_hex("04000000 23000000 0807 1001 1801 2204 75736572 2a0e 088182a085fcffffffff01 10e13c 2a00"
                          "30ac02 7803"));
  const auto read = decoded<get_host_request>(bytes);
  CHECK(read.pick_key == "user");
  REQUIRE(read.exclude.size() == 2);
  CHECK(read.exclude.hosts()[0] == golden_host);
  CHECK(read.exclude.hosts()[1] == endpoint{});
  CHECK(read.cost == 300);
  CHECK(read.features == 3);
}

TEST_CASE("the key read is a view of the datagram, whatever bytes it has") {
  const auto body = from_hex("2204 00ff800a");
  get_host_request question;
  REQUIRE(decode(body, question));
  CHECK(question.pick_key.data() == body.data() + 2);
  CHECK(question.pick_key.size() == 4);
}

TEST_CASE("the largest request fits; a request with a longer key is refused") {
  const std::string key(pick_key_limit, 'k');
  const auto bytes = encoded(largest_question(key));
  CHECK_FALSE(bytes.empty());
  CHECK(bytes.size() <= small_datagram_limit);
  const auto read = decoded<get_host_request>(bytes);
  CHECK(read.pick_key == key);
  CHECK(read.exclude.size() == exclude_list::limit);
  CHECK(encoded(get_host_request{1, {1, 1}, key + 'k'}).empty());
}

TEST_CASE("excluded hosts over the limit are decoded and ignored") {
  std::string body;
  for (char ip = 1; ip <= 70; ++ip) body += std::string("\x2a\x02\x08") + ip;
  get_host_request question;
  REQUIRE(decode(body, question));
  REQUIRE(question.exclude.size() == exclude_max);
  CHECK(question.exclude.hosts()[0] == endpoint{1, 0});
  CHECK(question.exclude.hosts()[15] == endpoint{16, 0});
  CHECK_FALSE(decode(body + from_hex("2a02 08ff"), question));
}

TEST_CASE("what a caller says of its call: the last value wins, excluded hosts add up, other wire types are skipped") {
  get_host_request question;
  // key a, key b, exclude { ip 5, ip 6, port as bytes }, exclude { port 9 }, cost 1, cost 2, features 1, features 3
  const auto body = from_hex("220161 220162 2a07 0805 0806 120101 2a02 1009 3001 3002 7801 7803");
  REQUIRE(decode(body, question));
  CHECK(question.pick_key == "b");
  REQUIRE(question.exclude.size() == 2);
  CHECK(question.exclude.hosts()[0] == endpoint{6, 0});
  CHECK(question.exclude.hosts()[1] == endpoint{0, 9});
  CHECK(question.cost == 2);
  CHECK(question.features == 3);
  // key as varint, exclude as varint, cost as fixed32, features as bytes
  REQUIRE(decode(from_hex("2005 2805 3501000000 7a0103"), question));
  CHECK(question.pick_key.empty());
  CHECK(question.exclude.size() == 0);
  CHECK(question.cost == 0);
  CHECK(question.features == 0);
  // An empty key said last is no key.
  REQUIRE(decode(from_hex("220161 2200"), question));
  CHECK(question.pick_key.empty());
}

TEST_CASE("GetHostResponse: the call id, behind what old callers read") {
  get_host_response answer{7, {1, 1}, 0, true, golden_host, 300};
  const auto bytes = encoded(answer);
  CHECK(bytes == from_hex("05000000 19000000 0807 1001 1801 2a0e 088182a085fcffffffff01 10e13c 30ac02"));
  CHECK(decoded<get_host_response>(bytes).call_id == 300);
  answer.call_id = UINT64_MAX;
  CHECK(decoded<get_host_response>(encoded(answer)).call_id == UINT64_MAX);
  // Not a varint: somebody else's field.
  REQUIRE(decode(from_hex("31 0102030405060708"), answer));
  CHECK(answer.call_id == 0);
}

TEST_CASE("the largest answer fits into small_answer_limit") {
  const get_host_response largest{UINT32_MAX, {-1, -1}, -1, true, {UINT32_MAX, UINT32_MAX}, UINT64_MAX};
  std::array<char, small_answer_limit> room{};
  const std::string bytes(room.data(), encode(largest, room));
  CHECK(bytes.size() <= small_answer_limit);
  CHECK(decoded<get_host_response>(bytes).call_id == UINT64_MAX);
}

TEST_CASE("ReportRequest: the call id and the host's load, behind what old agents read") {
  report_request report{{1, 1}, true, golden_host, 1};
  report.call_id = 300;
  report.utilization = 0.5;
  report.qps = -2;
  report.features = 3;
  const auto bytes = encoded(report);
  CHECK(bytes == from_hex("06000000 2d000000 0801 1001 1a0e 088182a085fcffffffff01 10e13c 2001 28ac02"
                          "41 000000000000e03f 49 00000000000000c0 7803"));
  const auto read = decoded<report_request>(bytes);
  CHECK(read.call_id == 300);
  CHECK(read.utilization == 0.5);
  CHECK(read.qps == -2);
  CHECK(read.eps == 0);
  CHECK(read.features == 3);
}

TEST_CASE("loads are encoded bit by bit; only positive zero is omitted") {
  report_request report;
  report.utilization = std::numeric_limits<double>::quiet_NaN();
  report.qps = std::numeric_limits<double>::infinity();
  report.eps = -0.0;
  const auto read = decoded<report_request>(encoded(report));
  CHECK(std::isnan(read.utilization));
  CHECK(std::isinf(read.qps));
  CHECK(std::signbit(read.eps));
  CHECK(encoded(report_request{}).size() == frame_header_size);
  // The last value wins; a varint and a fixed32 there are somebody else's.
  REQUIRE(decode(from_hex("41 000000000000f03f 41 0000000000000040 4005 4d 00000000"), report));
  CHECK(report.utilization == 2);
  CHECK(report.qps == 0);
}

TEST_CASE("the largest report fits") {
  report_request largest{{-1, -1}, true, {UINT32_MAX, UINT32_MAX}, -1, UINT32_MAX, UINT32_MAX, UINT64_MAX};
  largest.utilization = largest.qps = largest.eps = -1;
  largest.features = UINT32_MAX;
  const auto bytes = encoded(largest);
  CHECK(bytes.size() <= small_datagram_limit);
  CHECK(decoded<report_request>(bytes).call_id == UINT64_MAX);
}

TEST_CASE("a request for a route announces features too") {
  const auto bytes = encoded(caller_route_request{{1, 1}, 3});
  CHECK(bytes == from_hex("07000000 06000000 0801 1001 7803"));
  CHECK(decoded<caller_route_request>(bytes).features == 3);
}

}  // namespace lars::messages_test
