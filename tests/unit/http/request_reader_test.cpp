#include "http/request_reader.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::request_reader_test {

using namespace lars::http;
using status = request_reader::status;

namespace {

const std::string get = "GET /metrics?x=1 HTTP/1.1\r\nHost: lars\r\n\r\n";
const std::string post = "POST /a HTTP/1.1\r\nHost: lars\r\nContent-Length: 5\r\n\r\nhello";

// What the reader says at last when it is fed pieces of this size.
status read_in_pieces(request_reader& reader, const std::string& text, std::size_t piece) {
  request asked;
  auto last = status::need_more;
  for (std::size_t at = 0; at < text.size() && last == status::need_more; at += piece) {
    reader.feed(text.substr(at, piece));
    last = reader.next(asked);
  }
  return last;
}

}  // namespace

TEST_CASE("a request is parsed") {
  request_reader reader({});
  reader.feed(get);
  request asked;
  REQUIRE(reader.next(asked) == status::ready);
  CHECK(asked.method == "GET");
  CHECK(asked.path == "/metrics");
  CHECK(asked.query == "x=1");
  CHECK(asked.body.empty());
  CHECK(asked.keep_alive);
  CHECK(reader.next(asked) == status::need_more);
}

TEST_CASE("a target may be the whole URI") {
  struct form {
    const char* target;
    const char* path;
    const char* query;
  };
  for (const auto& [target, path, query] :
       {form{"http://lars:7780/metrics?x=1", "/metrics", "x=1"}, form{"HTTP://127.0.0.1/livez", "/livez", ""},
        form{"http://lars", "/", ""}, form{"http://lars?x=1", "/", "x=1"}, form{"/a://b", "/a://b", ""},
        form{"/a?u=http://b/c", "/a", "u=http://b/c"}, form{"*", "*", ""}}) {
    INFO(target);
    request_reader reader({});
    reader.feed(std::string("GET ") + target + " HTTP/1.1\r\nHost: lars\r\n\r\n");
    request asked;
    REQUIRE(reader.next(asked) == status::ready);
    CHECK(asked.path == path);
    CHECK(asked.query == query);
  }
}

TEST_CASE("a request may arrive byte by byte and with a body") {
  request_reader reader({});
  request asked;
  for (std::size_t i = 0; i + 1 < post.size(); ++i) {
    reader.feed(post.substr(i, 1));
    INFO(i);
    REQUIRE(reader.next(asked) == status::need_more);
  }
  reader.feed(post.substr(post.size() - 1));
  REQUIRE(reader.next(asked) == status::ready);
  CHECK(asked.method == "POST");
  CHECK(asked.body == "hello");
}

TEST_CASE("two requests in one read are returned in order, however they are split") {
  const std::string both = post + get;
  for (std::size_t split = 0; split <= both.size(); ++split) {
    INFO(split);
    request_reader reader({});
    request asked;
    std::string paths;
    for (const std::string& part : {both.substr(0, split), both.substr(split)}) {
      reader.feed(part);
      while (reader.next(asked) == status::ready) paths += asked.path;
    }
    CHECK(paths == "/a/metrics");
  }
}

TEST_CASE("the peer decides whether the connection stays open") {
  request_reader reader({});
  reader.feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  request asked;
  REQUIRE(reader.next(asked) == status::ready);
  CHECK_FALSE(asked.keep_alive);
  request_reader old({});
  old.feed("GET / HTTP/1.0\r\n\r\n");
  REQUIRE(old.next(asked) == status::ready);
  CHECK_FALSE(asked.keep_alive);
}

TEST_CASE("an invalid request is refused, and so is everything after it") {
  for (const std::string text :
       {"\x16\x03\x01\x02\x01", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "G\0T / HTTP/1.1\r\n\r\n",
        "POST target 5\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    INFO(text);
    request_reader reader({});
    reader.feed(text + "\r\n\r\n");
    request asked;
    REQUIRE(reader.next(asked) == status::bad);
    CHECK(reader.refusal() == 400);
    reader.feed(get);
    CHECK(reader.next(asked) == status::bad);
  }
}

TEST_CASE("a header beyond its limit is refused, in one piece or in many") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{64}, std::size_t{100'000}}) {
    INFO(piece);
    request_reader reader({.header_bytes = 1000, .body_bytes = 10});
    const std::string text = "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x');
    REQUIRE(read_in_pieces(reader, text, piece) == status::bad);
    CHECK(reader.refusal() == 431);
  }
}

TEST_CASE("a body over the limit is refused by its Content-Length; a body without a length is refused") {
  const std::pair<std::string, unsigned> cases[] = {
      {"Content-Length: 11\r\n\r\n", 413},
      {"Transfer-Encoding: chunked\r\n\r\n", 411},
      {"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 411},
  };
  for (const auto& [head, code] : cases) {
    INFO(head);
    request_reader reader({.header_bytes = 1000, .body_bytes = 10});
    reader.feed("POST / HTTP/1.1\r\n" + head);
    request asked;
    REQUIRE(reader.next(asked) == status::bad);
    CHECK(reader.refusal() == code);
  }
}

TEST_CASE("the header limit includes the first line") {
  const std::string text = "GET /" + std::string(150, 'x') + " HTTP/1.1\r\nX: " + std::string(150, 'y') + "\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{40}, text.size()}) {
    INFO(piece);
    request_reader reader({.header_bytes = 256, .body_bytes = 10});
    REQUIRE(read_in_pieces(reader, text, piece) == status::bad);
    CHECK(reader.refusal() == 431);
  }
}

}  // namespace lars::request_reader_test
