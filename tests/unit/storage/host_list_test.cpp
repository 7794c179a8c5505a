#include "storage/host_list.hpp"

#include <catch2/catch.hpp>

namespace lars::host_list_test {

using namespace lars::storage;

namespace {

using hosts = std::vector<database_host>;

}  // namespace

TEST_CASE("one host, and several with ports of their own or without") {
  CHECK(*parse_host_list("db1") == hosts{{"db1", ""}});
  CHECK(*parse_host_list("db1:3307") == hosts{{"db1", "3307"}});
  CHECK(*parse_host_list("10.0.0.1:3306,10.0.0.2,db3:65535") ==
        hosts{{"10.0.0.1", "3306"}, {"10.0.0.2", ""}, {"db3", "65535"}});
}

TEST_CASE("IPv6 addresses stand in brackets where they have ports") {
  CHECK(*parse_host_list("::1") == hosts{{"::1", ""}});
  CHECK(*parse_host_list("[::1]:3306,[fe80::2]") == hosts{{"::1", "3306"}, {"fe80::2", ""}});
}

TEST_CASE("what is no list of hosts is refused") {
  for (const auto* text : {"", "a,", ",a", "a,,b", "a:", "a:0", "a:65536", "a:x", ":3306", "[::1", "[::1]x", "[]:1"}) {
    INFO(text);
    REQUIRE_FALSE(parse_host_list(text));
    CHECK(parse_host_list(text).error().code == errc::invalid_argument);
  }
}

}  // namespace lars::host_list_test
