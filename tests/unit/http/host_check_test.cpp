#include "http/host_check.hpp"

#include <catch2/catch.hpp>

namespace lars::host_check_test {

using http::is_known_host;

TEST_CASE("addresses, localhost and listed names are known, with or without a port") {
  for (const char* host : {"127.0.0.1", "127.0.0.1:7780", "10.0.0.1:1", "[::1]", "[::1]:7780", "localhost",
                           "LocalHost:80", "lars.example", "LARS.example:7780", "localhost:"}) {
    INFO(host);
    CHECK(is_known_host(host, {"lars.example"}));
  }
}

TEST_CASE("all else is not") {
  for (const char* host :
       {"", "evil.example", "lars.example.evil.example", "evil.example:7780", "user@localhost", "localhost:x",
        "localhost:123456", "[::1", "[127.0.0.1]", "[localhost]", "[::1]x", "127.0.0.1.evil.example", "localhost.",
        ":7780", "a,localhost", "localhost localhost", "::1"}) {
    INFO(host);
    CHECK_FALSE(is_known_host(host, {"lars.example"}));
  }
}

}  // namespace lars::host_check_test
