#include "base/endpoint.hpp"

#include <catch2/catch.hpp>

namespace lars::endpoint_test {

TEST_CASE("an endpoint is four octets and a port") {
  CHECK(*base::parse_endpoint("192.168.1.1:7777") == endpoint{0xC0A80101, 7777});
  CHECK(*base::parse_endpoint("0.0.0.0:1") == endpoint{0, 1});
  CHECK(*base::parse_endpoint("255.255.255.255:65535") == endpoint{0xFFFFFFFF, 65535});
}

TEST_CASE("an invalid endpoint is refused and the text is named") {
  for (const char* text : {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3:80", "1.2.3.4.5:80",
                           "256.1.1.1:80", "1.2.3.4:80 ", " 1.2.3.4:80", "01.2.3.4:80", "1.2.3.-4:80", "1.2.3.4:+80",
                           "localhost:80", "[::1]:80", "1..3.4:80", "1.2.3.4:99999999999"}) {
    const auto parsed = base::parse_endpoint(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == errc::invalid_argument);
    CHECK(parsed.error().detail.find(text) != std::string::npos);
  }
}

TEST_CASE("a list of endpoints is comma-separated") {
  const auto list = base::parse_endpoints("10.0.0.1:80, 10.0.0.2:81 ,10.0.0.3:82");
  REQUIRE(list);
  CHECK(*list == std::vector<endpoint>{{0x0A000001, 80}, {0x0A000002, 81}, {0x0A000003, 82}});
  CHECK_FALSE(base::parse_endpoints(""));
  CHECK_FALSE(base::parse_endpoints("10.0.0.1:80,"));
}

TEST_CASE("formatting is the inverse of parsing") {
  for (const char* text : {"0.0.0.0:1", "192.168.1.1:7777", "255.0.255.0:65535"})
    CHECK(base::format_endpoint(*base::parse_endpoint(text)) == text);
  CHECK(base::format_ipv4(0x7f000001) == "127.0.0.1");
}

TEST_CASE("any address of a single machine is callable") {
  const auto ip = [](const char* text) { return lars::base::parse_ipv4(text).value(); };
  for (const auto* good : {"127.0.0.1", "10.0.0.1", "192.168.1.1", "0.0.0.1", "223.255.255.255", "128.0.0.1"})
    CHECK(lars::base::flaw_of_ipv4(ip(good)) == "");
  CHECK(lars::base::flaw_of_ipv4(ip("0.0.0.0")) == "is not a host address");
  CHECK(lars::base::flaw_of_ipv4(ip("255.255.255.255")) == "is the broadcast address");
  for (const auto* bad : {"224.0.0.1", "239.255.255.255"})
    CHECK(lars::base::flaw_of_ipv4(ip(bad)) == "is a multicast address");
  for (const auto* bad : {"240.0.0.0", "255.255.255.254"})
    CHECK(lars::base::flaw_of_ipv4(ip(bad)) == "is a reserved address");
}

TEST_CASE("ports are 1 to 65535") {
  for (const std::uint32_t good : {1u, 65535u}) CHECK(lars::base::flaw_of_port(good) == "");
  for (const std::uint32_t bad : {0u, 65536u, 70000u, 4294967295u}) CHECK(lars::base::flaw_of_port(bad) != "");
}

}  // namespace lars::endpoint_test
