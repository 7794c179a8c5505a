#include "app/key_check.hpp"

#include <catch2/catch.hpp>

namespace lars::key_check_test {

using namespace lars::app;

namespace {

bool fits(const char* section, const char* name, std::string_view text) {
  return check_value(*find_key(section, name), text).has_value();
}

}  // namespace

TEST_CASE("a whole number is taken at its limits and refused beyond them") {
  CHECK(fits("dns", "poll_interval_ms", "10"));
  CHECK(fits("dns", "poll_interval_ms", "60000"));
  CHECK_FALSE(fits("dns", "poll_interval_ms", "9"));
  CHECK_FALSE(fits("dns", "poll_interval_ms", "60001"));
  CHECK_FALSE(fits("dns", "port", "-1"));
  CHECK_FALSE(fits("dns", "port", "99999999999999999999"));
}

TEST_CASE("a whole number consists only of digits") {
  for (const char* text : {"", " 10", "10 ", "10ms", "0x10", "1e3", "10.0", "+10", "ten"}) {
    INFO(text);
    CHECK_FALSE(fits("dns", "poll_interval_ms", text));
  }
}

TEST_CASE("the first of three ports leaves room for two more") {
  CHECK(fits("agent", "port", "65533"));
  CHECK_FALSE(fits("agent", "port", "65534"));
}

TEST_CASE("a share is a number between 0 and 1") {
  for (const char* text : {"0", "1", "0.1", "1e-3"}) CHECK(fits("loadbalance", "err_rate", text));
  for (const char* text : {"1.01", "-0.1", "nan", "inf", "0,5", ""}) {
    INFO(text);
    CHECK_FALSE(fits("loadbalance", "err_rate", text));
  }
}

TEST_CASE("an address to bind is an IPv4 literal") {
  CHECK(fits("dns", "ip", "0.0.0.0"));
  for (const char* text : {"localhost", "::1", "256.0.0.1", "10.0.0", ""}) {
    INFO(text);
    CHECK_FALSE(fits("dns", "ip", text));
  }
}

TEST_CASE("remotes are a list of addresses with ports, or empty") {
  CHECK(fits("agent", "dns", ""));
  CHECK(fits("agent", "dns", "10.0.0.1:7778, 10.0.0.2:7778"));
  for (const char* text : {"10.0.0.1", "10.0.0.1:0", "dns.example:7778", "10.0.0.1:7778,"}) {
    INFO(text);
    CHECK_FALSE(fits("agent", "dns", text));
  }
}

TEST_CASE("a duration is a whole number and its unit, between its limits in seconds") {
  for (const char* text : {"60s", "1m", "2h", "400d", "9600h"}) {
    INFO(text);
    CHECK(fits("history", "keep_10s", text));
  }
  for (const char* text : {"", "s", "59s", "401d", "2", "2 h", "2H", "-2h", "1.5h", "2h30m", "99999999999999999999d"}) {
    INFO(text);
    CHECK_FALSE(fits("history", "keep_10s", text));
  }
}

TEST_CASE("a choice is exactly one of its words") {
  CHECK(fits("log", "level", "warn"));
  for (const char* text : {"", "Warn", "info|warn", "war", "debug,info"}) {
    INFO(text);
    CHECK_FALSE(fits("log", "level", text));
  }
}

TEST_CASE("a value with a zero byte is no value") { CHECK_FALSE(fits("log", "file", std::string_view("a\0b", 3))); }

TEST_CASE("an error names the key, the value and the allowed values") {
  const auto refused = check_value(*find_key("dns", "port"), "99999");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "[dns] port = '99999' is not allowed; allowed: whole number 0 .. 65535");
}

TEST_CASE("the refusal of a URL does not repeat a password") {
  const auto refused = check_value(*find_key("storage", "url"), "mysq://password=secret");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("secret") == std::string::npos);
}

TEST_CASE("free text in quotes or followed by a comment is refused with advice") {
  for (const char* text : {"\"/x\"", "'/x'", "\"\"", "/x ; y", "/x\t# y", "/x #y", "\"/x"}) {
    INFO(text);
    CHECK_FALSE(fits("state", "dir", text));
    CHECK_FALSE(fits("agent", "group", text));
    CHECK_FALSE(fits("storage", "url", std::string("sqlite3://") + text));
  }
  for (const char* text : {"/x;y", "/x#y", "/it's/x", "/a b", "#x"}) {
    INFO(text);
    CHECK(fits("state", "dir", text));
  }
  const auto why = [](const char* section, const char* name, const char* text) {
    return check_value(*find_key(section, name), text).error().detail;
  };
  CHECK(why("dns", "port", "7778 ; usual").find("a comment needs a line of its own; allowed: whole number") !=
        std::string::npos);
  CHECK(why("dns", "port", "\"7778\"").find("quotes would be part of the value") != std::string::npos);
  CHECK(why("storage", "url", "\"mysql://db=x\"").find("quotes would be part of the value") != std::string::npos);
}

TEST_CASE("a quoted password may contain what looks like a comment") {
  CHECK(fits("storage", "url", "mysql://db=x password='a #b ;c'"));
}

}  // namespace lars::key_check_test
