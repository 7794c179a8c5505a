#include "http/request_reader.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::request_reader_test {

using namespace lars::http;
using status = request_reader::status;

namespace {

const std::string get = "GET /metrics?x=1 HTTP/1.1\r\nHost: lars\r\n\r\n";
const std::string post = "POST /a HTTP/1.1\r\nHost: lars\r\nContent-Length: 5\r\n\r\nhello";

// Header and body.
status next(request_reader& reader, request& out, std::size_t limit = 64u << 10) {
  if (!reader.in_body())
    if (const auto header = reader.read_header(out); header != status::ready) return header;
  return reader.read_body(out, limit);
}

// What the reader says at last when it is fed pieces of this size.
status read_in_pieces(request_reader& reader, const std::string& text, std::size_t piece) {
  request asked;
  auto last = status::need_more;
  for (std::size_t at = 0; at < text.size() && last == status::need_more; at += piece) {
    reader.feed(text.substr(at, piece));
    last = next(reader, asked);
  }
  return last;
}

}  // namespace

TEST_CASE("a request is parsed") {
  request_reader reader(8192);
  reader.feed(get);
  request asked;
  REQUIRE(next(reader, asked) == status::ready);
  CHECK(asked.method == "GET");
  CHECK(asked.path == "/metrics");
  CHECK(asked.query == "x=1");
  CHECK(asked.body.empty());
  CHECK(asked.keep_alive);
  CHECK(next(reader, asked) == status::need_more);
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
    request_reader reader(8192);
    reader.feed(std::string("GET ") + target + " HTTP/1.1\r\nHost: lars\r\n\r\n");
    request asked;
    REQUIRE(next(reader, asked) == status::ready);
    CHECK(asked.path == path);
    CHECK(asked.query == query);
  }
}

TEST_CASE("a request may arrive byte by byte and with a body") {
  request_reader reader(8192);
  request asked;
  for (std::size_t i = 0; i + 1 < post.size(); ++i) {
    reader.feed(post.substr(i, 1));
    INFO(i);
    REQUIRE(next(reader, asked) == status::need_more);
  }
  reader.feed(post.substr(post.size() - 1));
  REQUIRE(next(reader, asked) == status::ready);
  CHECK(asked.method == "POST");
  CHECK(asked.body == "hello");
}

TEST_CASE("two requests in one read are returned in order, however they are split") {
  const std::string both = post + get;
  for (std::size_t split = 0; split <= both.size(); ++split) {
    INFO(split);
    request_reader reader(8192);
    request asked;
    std::string paths;
    for (const std::string& part : {both.substr(0, split), both.substr(split)}) {
      reader.feed(part);
      while (next(reader, asked) == status::ready) paths += asked.path;
    }
    CHECK(paths == "/a/metrics");
  }
}

TEST_CASE("the peer decides whether the connection stays open") {
  request_reader reader(8192);
  reader.feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  request asked;
  REQUIRE(next(reader, asked) == status::ready);
  CHECK_FALSE(asked.keep_alive);
  request_reader old(8192);
  old.feed("GET / HTTP/1.0\r\n\r\n");
  REQUIRE(next(old, asked) == status::ready);
  CHECK_FALSE(asked.keep_alive);
}

TEST_CASE("an invalid request is refused, and so is everything after it") {
  for (const std::string text :
       {"\x16\x03\x01\x02\x01", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "G\0T / HTTP/1.1\r\n\r\n",
        "POST target 5\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    INFO(text);
    request_reader reader(8192);
    reader.feed(text + "\r\n\r\n");
    request asked;
    REQUIRE(next(reader, asked) == status::bad);
    CHECK(reader.refusal() == 400);
    reader.feed(get);
    CHECK(next(reader, asked) == status::bad);
  }
}

TEST_CASE("a header beyond its limit is refused, in one piece or in many") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{64}, std::size_t{100'000}}) {
    INFO(piece);
    request_reader reader(1000);
    const std::string text = "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x');
    REQUIRE(read_in_pieces(reader, text, piece) == status::bad);
    CHECK(reader.refusal() == 431);
  }
}

TEST_CASE("what two programs may read differently is refused") {
  const std::pair<std::string, unsigned> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      {"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: chunked, gzip\r\n", 501},
      {"Transfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length : 5\r\n", 400},
      {"Host: a\r\nHost: a\r\n", 400},
      {"X: a\r\n b\r\n", 400},
      {"X: a\nContent-Length: 5\r\n", 400},
      {"X: a\rY: b\r\n", 400},
      {"Expect: coffee\r\n", 417},
  };
  for (const auto& [fields, code] : cases) {
    INFO(fields);
    request_reader reader(1000);
    reader.feed("POST / HTTP/1.1\r\n" + fields + "\r\nhello");
    request asked;
    REQUIRE(reader.read_header(asked) == status::bad);
    CHECK(reader.refusal() == code);
  }
  request_reader old(1000);
  old.feed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  request asked;
  REQUIRE(old.read_header(asked) == status::bad);
  CHECK(old.refusal() == 400);
}

TEST_CASE("lines that end without CR are refused at once") {
  request_reader reader(1000);
  reader.feed("GET / HTTP/1.1\r\nHost: a\n");
  request asked;
  REQUIRE(reader.read_header(asked) == status::bad);
  CHECK(reader.refusal() == 400);
}

TEST_CASE("empty lines before a request are ignored") {
  request_reader reader(1000);
  request asked;
  reader.feed("\r\n\r");
  CHECK(reader.read_header(asked) == status::need_more);
  reader.feed("\n" + get);
  CHECK(reader.read_header(asked) == status::ready);
  CHECK(asked.path == "/metrics");
}

TEST_CASE("fields have names in lower case, and those that are repeated are joined") {
  request_reader reader(1000);
  reader.feed(
      "GET / HTTP/1.1\r\nHOST: lars:7780\r\nIf-Match: \"a\"\r\nCookie: x=1\r\nif-match: \"b\"\r\nCookie: y=2\r\n\r\n");
  request asked;
  REQUIRE(reader.read_header(asked) == status::ready);
  CHECK(asked.field("if-match") == "\"a\", \"b\"");
  CHECK(asked.field("cookie") == "x=1; y=2");
  CHECK(asked.field("none").empty());
  CHECK(asked.host == "lars:7780");
  CHECK(asked.understands_chunks);
}

TEST_CASE("the host of a whole URI precedes the field") {
  request_reader reader(1000);
  reader.feed("GET http://evil.example:80/a HTTP/1.1\r\nHost: lars\r\n\r\n");
  request asked;
  REQUIRE(reader.read_header(asked) == status::ready);
  CHECK(asked.host == "evil.example:80");
}

TEST_CASE("a body may come in chunks, however they are split") {
  const std::string text =
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: "
      "1\r\n\r\n" +
      get;
  for (std::size_t split = 0; split <= text.size(); ++split) {
    INFO(split);
    request_reader reader(1000);
    request asked;
    std::string read;
    for (const auto& part : {text.substr(0, split), text.substr(split)}) {
      reader.feed(part);
      while (next(reader, asked, 11) == status::ready) read += asked.path + asked.body + ';';
    }
    CHECK(read == "/ahello world;/metrics;");
    CHECK(asked.field("x-trailer").empty());
  }
}

TEST_CASE("a body over the limit is refused, told by its length or counted in its chunks") {
  const std::pair<std::string, unsigned> cases[] = {
      {"Content-Length: 11\r\n\r\n", 413},
      {"Transfer-Encoding: chunked\r\n\r\nb\r\naa", 413},
      {"Transfer-Encoding: chunked\r\n\r\n6\r\naaaaaa\r\n5\r\n", 413},
      {"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
      {"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n", 400},
      {"Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n", 400},
      {"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 400},
      {"Transfer-Encoding: chunked\r\n\r\n1;x=" + std::string(20'000, 'x'), 413},
      {"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(20'000, 'x'), 413},
  };
  for (const auto& [rest, code] : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
      INFO(rest.substr(0, 100) << " in pieces of " << piece);
      request_reader reader(1000);
      const std::string text = "POST / HTTP/1.1\r\n" + rest;
      request asked;
      auto last = status::need_more;
      for (std::size_t at = 0; at < text.size() && last != status::bad; at += piece) {
        reader.feed(text.substr(at, piece));
        last = next(reader, asked, 10);
      }
      REQUIRE(last == status::bad);
      CHECK(reader.refusal() == code);
    }
  }
}

TEST_CASE("a peer that waits for 100 Continue is known until its body comes") {
  const std::string header = "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  request asked;
  request_reader waits(1000);
  waits.feed(header);
  REQUIRE(waits.read_header(asked) == status::ready);
  CHECK(waits.in_body());
  CHECK(waits.take_expectation());
  CHECK_FALSE(waits.take_expectation());
  request_reader hurries(1000);
  hurries.feed(header + "a");
  REQUIRE(hurries.read_header(asked) == status::ready);
  CHECK_FALSE(hurries.take_expectation());
  request_reader empty(1000);
  empty.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(empty.read_header(asked) == status::ready);
  CHECK_FALSE(empty.take_expectation());
}

TEST_CASE("the header limit includes the first line") {
  const std::string text = "GET /" + std::string(150, 'x') + " HTTP/1.1\r\nX: " + std::string(150, 'y') + "\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{40}, text.size()}) {
    INFO(piece);
    request_reader reader(256);
    REQUIRE(read_in_pieces(reader, text, piece) == status::bad);
    CHECK(reader.refusal() == 431);
  }
}

}  // namespace lars::request_reader_test
