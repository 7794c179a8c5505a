#include "catalog/host_fields.hpp"

#include <catch2/catch.hpp>

namespace lars::values_test {

using namespace catalog;

TEST_CASE("a module is any pair of 32-bit numbers and nothing else") {
  const auto extreme = parse_key("-2147483648", "2147483647");
  REQUIRE(extreme);
  CHECK(*extreme == route_key{-2147483647 - 1, 2147483647});
  for (const auto* wrong : {"2147483648", "-2147483649", "1x", "", " 1", "+1", "0x1", "1.0"})
    CHECK_FALSE(parse_key(wrong, "1"));
  CHECK_FALSE(parse_key("1", "a"));
}

TEST_CASE("weights and ports have their limits") {
  CHECK(*parse_weight("0") == 0);
  CHECK(*parse_weight("10000") == 10000);
  CHECK_FALSE(parse_weight("10001"));
  CHECK_FALSE(parse_weight("-1"));
  CHECK(*parse_port("65535") == 65535);
  CHECK_FALSE(parse_port("0"));
  CHECK_FALSE(parse_port("65536"));
}

TEST_CASE("an error names the value and the allowed values") {
  CHECK(parse_weight("many").error().detail == "weight is 'many', allowed: a number from 0 to 10000");
  CHECK(parse_state("off").error().detail == "state is 'off', allowed: up, drain, down");
  CHECK(parse_host("here:80").error().detail ==
        "host is 'here:80', allowed: an IPv4 address and port (a.b.c.d:1..65535)");
}

TEST_CASE("an error of a host carries the field that it is about") {
  CHECK(parse_key("x", "1").error().field == "modid");
  CHECK(parse_key("1", "x").error().field == "cmdid");
  CHECK(parse_host("10.0.0.1").error().field == "host");
  CHECK(parse_ip("10.0.0").error().field == "ip");
  CHECK(parse_port("0").error().field == "port");
  CHECK(parse_weight("-1").error().field == "weight");
  CHECK(parse_zone("\xff").error().field == "zone");
  CHECK(parse_state("off").error().field == "state");
}

TEST_CASE("what a host may have is checked field by field") {
  CHECK(check_endpoint({0x0A000001, 65535}));
  CHECK(check_endpoint({0xE0000001, 80}).error().field == "ip");
  CHECK(check_endpoint({0x0A000001, 0}).error().field == "port");
  CHECK(check_weight(0));
  CHECK(check_weight(max_weight));
  CHECK(check_weight(max_weight + 1).error().code == errc::invalid_argument);
  CHECK(check_weight(max_weight + 1).error().field == "weight");
  CHECK(check_zone("M\xC3\xBCnchen \xE4\xBA\xAC \xF0\x9F\x9A\x80"));
  CHECK(check_zone(std::string(65, 'z')).error().field == "zone");
  CHECK(check_state(host_state::down));
  CHECK(check_state(static_cast<host_state>(3)).error().field == "state");
}

TEST_CASE("a zone is up to 64 bytes of UTF-8 text") {
  CHECK(*parse_zone("") == "");
  CHECK(*parse_zone(std::string(64, 'z')) == std::string(64, 'z'));
  CHECK_FALSE(parse_zone(std::string(65, 'z')));
  CHECK(*parse_zone("Zürich 北 🚀") == "Zürich 北 🚀");
}

TEST_CASE("a zone with invalid UTF-8 or control characters is refused") {
  for (const auto* wrong : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "a\nb", "\x7f",
                            "\xe0\x80\x80", "\xf0\x80\x80\x80", "a\xe4\xba"})
    CHECK_FALSE(parse_zone(wrong));
}

TEST_CASE("states are words") {
  for (const auto state : {host_state::up, host_state::drain, host_state::down})
    CHECK(*parse_state(format_state(state)) == state);
  CHECK_FALSE(parse_state("0"));
}

}  // namespace lars::values_test
