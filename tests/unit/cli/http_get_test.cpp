#include "cli/http_get.hpp"

#include <catch2/catch.hpp>

namespace lars::http_get_test {

using namespace lars::cli;

namespace {

errc failure_of(std::string_view bytes) {
  const auto answer = parse_answer(bytes);
  REQUIRE_FALSE(answer);
  return answer.error().code;
}

}  // namespace

TEST_CASE("an answer is parsed to status and body") {
  const auto whole = parse_answer("HTTP/1.1 404 Not Found\r\nContent-Type: a\r\ncontent-LENGTH:  3 \r\n\r\nabcd");
  REQUIRE(whole);
  CHECK(whole->status == 404);
  CHECK(whole->body == "abc");
  CHECK(parse_answer("HTTP/1.1 200 OK\r\n\r\nuntil the end")->body == "until the end");
  CHECK(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")->body.empty());
}

TEST_CASE("an incomplete answer is refused") {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse_answer(whole.substr(0, size)));
  CHECK(failure_of("") == errc::peer_closed);
  CHECK(failure_of(whole.substr(0, 20)) == errc::peer_closed);
  CHECK(failure_of(whole.substr(0, whole.size() - 1)) == errc::peer_closed);
}

TEST_CASE("an answer that is not HTTP or is chunked is refused") {
  for (const auto* bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"})
    CHECK(failure_of(bytes) == errc::bad_message);
}

}  // namespace lars::http_get_test
