#include "http/etag.hpp"

#include <catch2/catch.hpp>

namespace lars::etag_test {

using namespace lars::http;

TEST_CASE("If-None-Match names tags, weak or strong") {
  for (const char* field : {"*", "\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\" ", ", \"a\""}) {
    INFO(field);
    CHECK(if_none_match(field, "\"a\""));
  }
  for (const char* field : {"", "a", "\"b\"", "\"a", "\"A\"", "x, \"a\"", "W/", "\"b\" junk, \"a\"", "\"a,\""}) {
    INFO(field);
    CHECK_FALSE(if_none_match(field, "\"a\""));
  }
  CHECK(if_none_match("\"a,b\", \"c\"", "\"c\""));
}

TEST_CASE("If-Match names strong tags") {
  CHECK(if_match("*", "\"a\""));
  CHECK(if_match("\"b\", \"a\"", "\"a\""));
  CHECK_FALSE(if_match("W/\"a\"", "\"a\""));
  CHECK_FALSE(if_match("W/\"a\"", "W/\"a\""));
  CHECK_FALSE(if_match("", "\"a\""));
}

}  // namespace lars::etag_test
