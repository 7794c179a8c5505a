#include "base/endpoint.hpp"

#include <catch2/catch.hpp>

using namespace lars;

TEST_CASE("an endpoint is four octets and a port") {
  CHECK(*base::parse_endpoint("192.168.1.1:7777") == endpoint{0xC0A80101, 7777});
  CHECK(*base::parse_endpoint("0.0.0.0:1") == endpoint{0, 1});
  CHECK(*base::parse_endpoint("255.255.255.255:65535") == endpoint{0xFFFFFFFF, 65535});
}

TEST_CASE("what is no endpoint is refused, and the text is named") {
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

TEST_CASE("a list of endpoints is parted by commas") {
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
