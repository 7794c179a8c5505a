#include "proto/codec.hpp"

#include <catch2/catch.hpp>

#include "../wire/hex.hpp"

namespace lars::codec_test {

using namespace lars::proto;

namespace {

std::string body_of(const std::string& framed) { return framed.substr(wire::frame_header_size); }

route_response ten_hosts() {
  route_response response{{1, 1}, {}, 42, false, 10};
  for (std::uint32_t i = 0; i < 10; ++i)
    response.hosts.push_back({{0x0A000000 + i, 80}, default_weight, host_state::up});
  return response;
}

}  // namespace

TEST_CASE("GetRouteRequest and Response of old peers: golden bytes both ways") {
  CHECK(encode(route_request{{1, 1}, 0, 0}) == from_hex("01000000 04000000 0801 1001"));
  route_request request;
  REQUIRE(decode(from_hex("0801 1001"), request));
  CHECK(request.key == route_key{1, 1});
  CHECK(request.features == 0);

  const auto golden = from_hex("02000000 0d000000 0801 1001 1a07 0881808050 1050");
  bool cut = true;
  CHECK(encode_plain({{1, 1}, {{{0x0A000001, 80}, default_weight, host_state::up}}, 99, false, 1}, cut) == golden);
  CHECK_FALSE(cut);
  route_response response;
  REQUIRE(decode(body_of(golden), response));
  REQUIRE(response.hosts.size() == 1);
  CHECK(response.hosts[0] == host{{0x0A000001, 80}, default_weight, host_state::up});
  CHECK(response.digest == 0);
}

TEST_CASE("an old peer sees neither weights nor hosts that take no calls") {
  auto response = ten_hosts();
  response.hosts[0].weight = 0;
  response.hosts[1].state = host_state::drain;
  response.hosts[2].state = host_state::down;
  response.hosts[3].weight = 7;
  response.hosts[3].zone = "z";
  bool cut = false;
  route_response read;
  REQUIRE(decode(body_of(encode_plain(response, cut)), read));
  REQUIRE(read.hosts.size() == 7);
  CHECK(read.hosts[0] == host{{0x0A000003, 80}, default_weight, host_state::up});
}

TEST_CASE("a new peer gets everything") {
  auto response = ten_hosts();
  response.hosts[0].weight = 0;
  response.hosts[1].state = host_state::drain;
  response.hosts[2].zone = "berlin";
  route_response read;
  REQUIRE(decode(body_of(encode_extended(response)), read));
  CHECK(read.hosts == response.hosts);
  CHECK(read.digest == 42);
  CHECK(read.total_hosts == 10);
}

TEST_CASE("a route too large for an old peer is cut to the largest prefix") {
  route_response response{{1, 1}, {}, 0, false, 0};
  for (std::uint32_t i = 0; i < 20000; ++i)
    response.hosts.push_back({{0xC0A80000 + i, 8080}, default_weight, host_state::up});
  bool cut = false;
  const auto framed = encode_plain(response, cut);
  CHECK(cut);
  const std::size_t body = framed.size() - wire::frame_header_size;
  CHECK(body <= stream_body_limit);
  CHECK(body > stream_body_limit - 16);
  route_response read;
  REQUIRE(decode(body_of(framed), read));
  CHECK(read.hosts.back().where.ip == 0xC0A80000 + read.hosts.size() - 1);
}

TEST_CASE("an unknown state or weight of a newer peer is mapped to a safe value") {
  route_response read;
  // host { ip 1, port 2, weight 70000, state 9 }
  REQUIRE(decode(from_hex("1a0a 0801 1002 20f0a204 3009"), read));
  CHECK(read.hosts[0].weight == max_weight);
  CHECK(read.hosts[0].state == host_state::down);
}

TEST_CASE("the digest input differs exactly if the contents differ") {
  const auto response = ten_hosts();
  auto other = response;
  CHECK(digest_input(response.hosts, {}) == digest_input(other.hosts, {}));
  other.hosts[3].zone = "x";
  CHECK(digest_input(response.hosts, {}) != digest_input(other.hosts, {}));
  other = response;
  other.hosts[3].weight = 99;
  CHECK(digest_input(response.hosts, {}) != digest_input(other.hosts, {}));
}

TEST_CASE("settings are sent with a route, but only to peers that announced features") {
  auto response = ten_hosts();
  const auto bare = encode_extended(response);
  bool cut = false;
  const auto plain = encode_plain(response, cut);
  response.settings = {"p2c", {{"tau", "1s"}, {"choices", "3"}}, {{"err_rate", "0.3"}}, 5};
  route_response read;
  REQUIRE(decode(body_of(encode_extended(response)), read));
  CHECK(read.settings == response.settings);
  CHECK(encode_plain(response, cut) == plain);
  REQUIRE(decode(body_of(bare), read));
  CHECK(read.settings.empty());
}

TEST_CASE("the digest input differs with the settings; empty settings add nothing") {
  const auto hosts = ten_hosts().hosts;
  const base::module_settings settings{"p2c", {{"tau", "1s"}, {"choices", "3"}}, {}, 0};
  const auto input = digest_input(hosts, settings);
  CHECK(input.starts_with(digest_input(hosts, {})));
  CHECK(input.size() > digest_input(hosts, {}).size());
  // settings { policy "p2c" parameter { "choices" "3" } parameter { "tau" "1s" } }
  CHECK(digest_input({}, settings) ==
        from_hex("2a1e 0a03703263 120c 0a0763686f69636573 120133 1209 0a03746175 12023173"));
  for (int i = 0; i < 100; ++i) CHECK(digest_input(hosts, settings) == input);
  auto other = settings;
  other.health["err_rate"] = "0.2";
  CHECK(digest_input(hosts, other) != input);
}

TEST_CASE("rubbish is refused") {
  route_request request;
  route_response response;
  ping one;
  CHECK_FALSE(decode(from_hex("08"), request));
  CHECK_FALSE(decode(from_hex("1aff"), response));
  CHECK_FALSE(decode(std::string(50, '\xff'), one));
}

namespace {

status_report sample_report() {
  status_report report;
  report.key = {1, -2};
  report.caller = 0xC0A80105;
  report.ts = 1700000000;
  call_result one;
  one.where = {0xC0A80101, 7777};
  one.succ = 5;
  one.err = 2;
  one.overload = true;
  report.results.push_back(one);
  return report;
}

}  // namespace

TEST_CASE("a status report of an old agent is fields 1 to 5 and nothing else") {
  const auto framed = encode(sample_report());
  CHECK(body_of(framed) ==
        from_hex("0801 10feffffffffffffffff01 188582a085fcffffffff01 2214 088182a085fcffffffff01 10e13c 1805 2002 2801"
                 " 2880e2cfaa06"));
  status_report read;
  REQUIRE(decode(body_of(framed), read));
  CHECK_FALSE(read.is_tracked());
  CHECK(read.caller == 0xC0A80105);
  REQUIRE(read.results.size() == 1);
  CHECK(read.results[0].where == endpoint{0xC0A80101, 7777});
  CHECK(read.results[0].overload);
  CHECK(read.results[0].delta.empty());
}

TEST_CASE("increments, agent id and sequence number of a batch are read back") {
  auto report = sample_report();
  report.agent = *base::agent_id::from_bytes("sixteen bytes id");
  report.seq = UINT64_MAX;
  report.features = our_features;
  auto& delta = report.results[0].delta;
  delta = {1, 2, UINT64_MAX, UINT64_MAX, {}};
  delta.latency[3] = UINT32_MAX;
  status_report read;
  REQUIRE(decode(body_of(encode(report)), read));
  CHECK(read.is_tracked());
  CHECK(read.agent == report.agent);
  CHECK(read.seq == UINT64_MAX);
  CHECK(read.results[0].delta == delta);
}

TEST_CASE("an age of zero is distinguished from no age") {
  auto report = sample_report();
  status_report read;
  REQUIRE(decode(body_of(encode(report)), read));
  CHECK_FALSE(read.age_ms);
  for (const std::uint64_t age : {std::uint64_t{0}, std::uint64_t{7'200'000}, UINT64_MAX}) {
    report.age_ms = age;
    REQUIRE(decode(body_of(encode(report)), read));
    CHECK(read.age_ms == age);
  }
  report.counted = {UINT64_MAX, 5};
  REQUIRE(decode(body_of(encode(report)), read));
  CHECK(read.counted == report.counted);
}

TEST_CASE("too many buckets and an invalid id are ignored") {
  status_report read;
  // results { latency_bucket 17 times 1 }, agent_id of 3 bytes, seq 1, features 1
  REQUIRE(decode(from_hex("2213 5211 0101010101010101010101010101010101 3203 616263 3801 7801"), read));
  CHECK(read.results[0].delta.latency[15] == 1);
  CHECK_FALSE(read.is_tracked());
}

TEST_CASE("a pong carries the server state; without age and in state \"well\" it is bit-identical to the old form") {
  CHECK(body_of(encode(pong{7, 3})) == from_hex("0807 7803"));
  const auto framed = encode(pong{7, our_features, 300, server_state::storage_lost});
  CHECK(body_of(framed) == from_hex("0807 7807 8001ac02 880101"));
  pong read;
  REQUIRE(decode(body_of(framed), read));
  CHECK(read.tells_state());
  CHECK(read.age_ms == 300);
  CHECK(read.state == server_state::storage_lost);
  REQUIRE(decode(body_of(encode(pong{7, 3, 0, server_state::cannot_write})), read));
  CHECK_FALSE(read.tells_state());
  CHECK(read.age_ms == 0);
  CHECK(read.state == server_state::cannot_write);
  REQUIRE(decode(from_hex("0807 7803"), read));
  CHECK_FALSE(read.age_ms);
  CHECK(read.state == server_state::well);
}

TEST_CASE("an unknown state of a newer server counts as \"lost its database\"") {
  pong read;
  REQUIRE(decode(from_hex("0807 7807 880109"), read));
  CHECK(read.state == server_state::storage_lost);
}

TEST_CASE("an acknowledgement has agent id, batch and the resend flag") {
  const auto agent = *base::agent_id::from_bytes("sixteen bytes id");
  const auto framed = encode(status_answer{agent, 7, false});
  CHECK(framed.substr(0, 4) == std::string("\x09\0\0\0", 4));
  CHECK(body_of(framed) == from_hex("0a10 7369787465656e206279746573206964 1007"));
  status_answer read;
  REQUIRE(decode(body_of(encode(status_answer{agent, 7, true})), read));
  CHECK(read.agent == agent);
  CHECK(read.seq == 7);
  CHECK(read.resend);
  CHECK_FALSE(decode(from_hex("0a03 616263 1007"), read));
}

}  // namespace lars::codec_test
