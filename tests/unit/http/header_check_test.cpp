#include "http/header_check.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::header_check_test {

using http::is_unambiguous_header;

TEST_CASE("usual headers pass") {
  CHECK(is_unambiguous_header("GET / HTTP/1.1\r\n"));
  CHECK(is_unambiguous_header("GET / HTTP/1.1\r\nHost: a b\r\nX:\r\nY:z\r\n"));
}

TEST_CASE("what programs read differently does not") {
  for (const std::string fields :
       {" folded\r\n", "\tfolded: x\r\n", "X : a\r\n", "X\t: a\r\n", ": a\r\n", "no colon\r\n", "X: a\nY: b\r\n",
        "X: a\rY: b\r\n", "X: a\r\r\n", "\r\n", "X: a", "X: a\n"}) {
    INFO(fields);
    CHECK_FALSE(is_unambiguous_header("GET / HTTP/1.1\r\n" + fields));
  }
  CHECK_FALSE(is_unambiguous_header(std::string("GET / HTTP/1.1\r\nX: a\0b\r\n", 24)));
  CHECK_FALSE(is_unambiguous_header("GET /\nX: HTTP/1.1\r\n"));
}

}  // namespace lars::header_check_test
