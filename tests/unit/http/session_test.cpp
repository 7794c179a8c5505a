#include "http/session.hpp"

#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "http/middleware.hpp"
#include "net/as_result.hpp"
#include "served_connection.hpp"

namespace lars::session_test {

using namespace lars::http;
using namespace std::chrono_literals;
using test::served_connection;

namespace {

const std::string get_slow = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string get_fast = "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n";

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }
std::string post(const std::string& fields, const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}
unsigned status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(answer.substr(9, 3))) : 0;
}
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// What became of the handlers.
struct witness {
  int cancelled = 0;
  int written = 0;  // pieces that a stream has sent
};

asio::awaitable<response> answer_in_five_seconds(witness& seen) {
  net::timer pause(co_await asio::this_coro::executor, 5s);
  const auto [failure] = co_await pause.async_wait(net::as_result);
  if (failure) ++seen.cancelled;
  co_return response{200, "slow"};
}

asio::awaitable<void> write_pieces(response_writer& out, std::string piece, int number, witness& seen) {
  for (int i = 0; i < number; ++i) {
    if (!co_await out.write(piece)) co_return;
    ++seen.written;
  }
}

asio::awaitable<void> write_each_second(response_writer& out, witness& seen) {
  net::timer pause(co_await asio::this_coro::executor);
  while (co_await out.write("tick")) {
    ++seen.written;
    pause.expires_after(1s);
    const auto [failure] = co_await pause.async_wait(net::as_result);
    if (failure) ++seen.cancelled;
  }
}

response streamed(response_stream stream) {
  response given{200, "", "text/plain"};
  given.stream = std::move(stream);
  return given;
}

router routes(witness& seen) {
  router table;
  table.add("GET", "/fast", [](const request&) { return response{200, "fast"}; });
  table.add("GET", "/peer", [](const request& asked) { return response{200, std::to_string(asked.peer.port)}; });
  table.add("POST", "/echo", [](const request& asked) { return response{200, asked.body}; });
  table.add("POST", "/large",
            [](const request& asked) {
              return response{200, std::to_string(asked.body.size())};
            },
            {.body = {.bytes = 1u << 20, .deadline = 60s}, .chain = {}});
  table.add("GET", "/slow", [&seen](request&) { return answer_in_five_seconds(seen); });
  table.add("GET", "/throws", [](const request&) -> response { throw std::runtime_error("planted"); });
  table.add("GET", "/throws-7", [](const request&) -> response { throw 7; });
  table.add("GET", "/stream", [&seen](const request&) {
    return streamed([&seen](response_writer& out) { return write_pieces(out, "hello", 3, seen); });
  });
  table.add("GET", "/endless", [&seen](const request&) {
    return streamed([&seen](response_writer& out) { return write_each_second(out, seen); });
  });
  table.add("GET", "/huge", [&seen](const request&) {
    return streamed([&seen](response_writer& out) { return write_pieces(out, std::string(200'000, 'x'), 1000, seen); });
  });
  table.add("GET", "/breaks", [](const request&) {
    return streamed([](response_writer& out) -> asio::awaitable<void> {
      co_await out.write("part");
      throw std::runtime_error("planted");
    });
  });
  const guard_hook deny = [](request&) -> asio::awaitable<std::optional<response>> { co_return problem(401, ""); };
  table.add("POST", "/closed", [](const request&) { return response{}; }, {.body = {}, .chain = {guard(deny)}});
  return table;
}

struct served : served_connection {
  explicit served(server_config config = {}) : served_connection(routes(seen_), config) {}
  const witness& seen() const { return seen_; }

private:
  static inline witness seen_;

public:
  ~served() { seen_ = {}; }
};

}  // namespace

TEST_CASE("requests are answered on one connection, with the peer's address at hand") {
  served one;
  CHECK(one.ask(get_fast) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\nConnection: "
        "keep-alive\r\n\r\nfast");
  CHECK(one.ask(get("/peer")).ends_with("1234"));
  CHECK(status_of(one.ask(get("/nothing"))) == 404);
  CHECK(one.state->stats.requests == 3);
  CHECK(one.connection->proven());
  CHECK_FALSE(one.closed());
}

TEST_CASE("a handler may take its time, and later requests are answered after it") {
  served one;
  CHECK(one.ask(get_slow + get_fast).empty());
  CHECK(one.wait(4s).empty());
  const auto both = one.wait(2s);
  CHECK(both.find("slow") < both.find("fast"));
  CHECK(both.ends_with("fast"));
}

TEST_CASE("more pipelined requests than are buffered wait for their turn") {
  served one;
  std::string many = get_slow;
  for (int i = 0; i < 1000; ++i) many += get_fast;
  CHECK(one.ask(many).empty());
  CHECK(count(one.wait(6s), "HTTP/1.1 200 OK") == 1001);
}

TEST_CASE("HEAD is answered without the body, of a stream too") {
  served one;
  const auto head = one.ask("HEAD /fast HTTP/1.1\r\n\r\n");
  CHECK(head.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(one.ask("HEAD /stream HTTP/1.1\r\n\r\n").ends_with("Connection: keep-alive\r\n\r\n"));
  CHECK(one.seen().written == 0);
  CHECK(one.ask(get_fast).ends_with("fast"));
}

TEST_CASE("the connection closes after the answer if the peer wants it") {
  for (const char* text : {"GET /fast HTTP/1.1\r\nConnection: close\r\n\r\n", "GET /fast HTTP/1.0\r\n\r\n"}) {
    served one;
    const auto answer = one.ask(text + get_fast);
    CHECK(count(answer, "HTTP/1.1 200") == 1);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(one.closed());
    CHECK(one.end == errc::cancelled);
  }
}

TEST_CASE("an invalid request is refused, counted, and the connection closed") {
  const std::pair<std::string, unsigned> cases[] = {{"\x16\x03\x01", 400},
                                                    {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'x'), 431},
                                                    {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501}};
  for (const auto& [text, status] : cases) {
    INFO(status);
    served one;
    const auto answer = one.ask(text);
    CHECK(status_of(answer) == status);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(one.closed());
    CHECK(one.state->stats.malformed == (status == 431 ? 0 : 1));
    CHECK(one.state->stats.oversize == (status == 431 ? 1 : 0));
    CHECK(one.state->stats.requests == 0);
    CHECK_FALSE(one.connection->proven());
  }
}

TEST_CASE("bodies are handed over, with a length or in chunks") {
  served one;
  CHECK(one.ask(post("Content-Length: 5\r\n", "hello")).ends_with("\r\n\r\nhello"));
  CHECK(one.ask(post("Transfer-Encoding: chunked\r\n", "5\r\nhel")).empty());
  CHECK(one.ask("lo\r\n0\r\n\r\n").ends_with("\r\n\r\nhello"));
  CHECK(one.ask(get_fast).ends_with("fast"));
}

TEST_CASE("a body over the limit is 413; a route may raise the limit") {
  served small;
  CHECK(status_of(small.ask(post("Content-Length: 65537\r\n", ""))) == 413);
  CHECK(small.state->stats.oversize == 1);
  CHECK(small.state->stats.requests == 0);
  // What the peer sends until it reads the answer is discarded.
  CHECK_FALSE(small.closed());
  CHECK(small.ask(std::string(65'537, 'x')).empty());
  small.wait(1s);
  CHECK(small.closed());

  served unknown;
  CHECK(status_of(unknown.ask("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n")) == 413);
  unknown.pair.peer.close();
  unknown.loop.settle();
  CHECK(unknown.end);

  served large;
  const auto half = std::string(500'000, 'x');
  CHECK(large.ask("POST /large HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + half).empty());
  CHECK(large.wait(30s).empty());  // its deadline is longer too
  CHECK(large.ask(half).ends_with("\r\n\r\n1000000"));
}

TEST_CASE("a peer that expects 100 Continue gets it if the request may go on") {
  served one;
  CHECK(one.ask(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "")) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(one.ask("hi").ends_with("\r\n\r\nhi"));
  const auto refused = one.ask("POST /closed HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(status_of(refused) == 401);
  CHECK(refused.find("Connection: close\r\n") != std::string::npos);
  one.wait(1s);
  CHECK(one.closed());

  served large;
  CHECK(status_of(large.ask(post("Expect: 100-continue\r\nContent-Length: 999999\r\n", ""))) == 413);
  served other;
  CHECK(status_of(other.ask(post("Expect: tea\r\nContent-Length: 2\r\n", ""))) == 417);
}

TEST_CASE("after an answer without the body the connection goes on if the body has come") {
  served one;
  const std::string header = "POST /closed HTTP/1.1\r\nContent-Length: 2\r\n\r\n";
  const auto answers = one.ask(header + "hi" + get_fast);
  CHECK(status_of(answers) == 401);
  CHECK(answers.ends_with("fast"));
  CHECK(one.state->stats.requests == 2);
  CHECK(one.ask(header + "h").find("Connection: close") != std::string::npos);
}

TEST_CASE("a request that takes too long is 408, its body too; an idle connection closes silently") {
  served header;
  CHECK(header.ask("GET /fast HT").empty());
  CHECK(header.wait(9s).empty());
  CHECK(header.ask("TP/1.1\r\n").empty());
  CHECK(status_of(header.wait(2s)) == 408);
  CHECK(header.closed());
  CHECK(header.end == errc::timeout);

  served body;
  CHECK(body.ask(post("Content-Length: 5\r\n", "he")).empty());
  CHECK(status_of(body.wait(11s)) == 408);
  body.wait(1s);
  CHECK(body.end == errc::timeout);

  served mute;
  CHECK(mute.wait(11s).empty());
  CHECK(mute.end == errc::timeout);

  served idle;
  idle.ask(get_fast);
  CHECK(idle.wait(74s).empty());
  CHECK_FALSE(idle.closed());
  CHECK(idle.wait(2s).empty());
  CHECK(idle.end == errc::cancelled);
}

TEST_CASE("a handler that throws is answered for, and the connection goes on") {
  served one;
  CHECK(status_of(one.ask(get("/throws"))) == 500);
  CHECK(status_of(one.ask(get("/throws-7"))) == 500);
  CHECK(one.ask(get_fast).ends_with("fast"));
}

TEST_CASE("the end of the peer cancels the handler, after a moment in which it may answer") {
  served one;
  one.ask(get_slow);
  one.pair.peer.close();
  one.loop.run_for(1999ms);
  CHECK(one.seen().cancelled == 0);
  one.loop.run_for(1ms);
  CHECK(one.seen().cancelled == 1);
  CHECK(one.end == errc::peer_closed);
  CHECK_FALSE(one.failed);
}

TEST_CASE("a peer that ends its direction after its requests gets their answers") {
  served one;
  one.pair.peer.send(get_fast + get_fast);
  one.pair.peer.end_sending();
  const auto answers = one.wait(0ms);
  CHECK(count(answers, "HTTP/1.1 200") == 2);
  CHECK(answers.ends_with("fast"));
  CHECK(one.closed());
  CHECK(one.end == errc::peer_closed);
}

TEST_CASE("a peer that ends its direction within a request, its body, or before a stream is closed") {
  served one;
  SECTION("a header") { one.pair.peer.send("GET /fast HTT"); }
  SECTION("a body") { one.pair.peer.send(post("Content-Length: 10\r\n", "abc")); }
  SECTION("a stream") { one.pair.peer.send(get("/endless")); }
  SECTION("nothing") {}
  one.pair.peer.end_sending();
  const auto answer = one.wait(0ms);
  CHECK(count(answer, "HTTP/1.1 200") == 0);
  CHECK(one.closed());
  CHECK(one.end == errc::peer_closed);
}

TEST_CASE("a stream is sent in chunks, and the connection goes on") {
  served one;
  const auto answer = one.ask(get("/stream"));
  CHECK(answer.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n5\r\nhello\r\n5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"));
  CHECK(one.ask(get_fast).ends_with("fast"));
}

TEST_CASE("an old peer gets a stream as it is, to the end of the connection") {
  served one;
  const auto answer = one.ask("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(answer.ends_with("Connection: close\r\n\r\nhellohellohello"));
  CHECK(one.closed());
}

TEST_CASE("a stream waits for a peer that does not read, and its memory is bounded") {
  served one;
  one.pair.peer.accept_only(10'000);
  one.pair.peer.send(get("/huge"));
  one.loop.settle();
  CHECK(one.seen().written == 0);
  CHECK(one.connection->queued() < 70'000);
  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) read += one.wait(1ms).size();
  CHECK(read > 900'000);
  CHECK(one.seen().written <= static_cast<int>(read / 200'000));
  CHECK(one.connection->queued() < 70'000);
}

TEST_CASE("a slow reader is cut off, whether it stops or crawls") {
  served stops;
  stops.pair.peer.accept_only(10'000);
  stops.pair.peer.send(get("/huge"));
  stops.loop.run_for(9s);
  CHECK_FALSE(stops.closed());
  stops.loop.run_for(2s);
  CHECK(stops.end == errc::timeout);

  served crawls;
  crawls.pair.peer.accept_only(1000);
  crawls.pair.peer.send(get("/huge"));
  for (int i = 0; i < 7 && !crawls.end; ++i) crawls.wait(5s);
  CHECK(crawls.end == errc::timeout);
  CHECK(crawls.seen().written == 0);
}

TEST_CASE("the end of the peer ends a stream") {
  served one;
  one.ask(get("/endless"));
  one.wait(10s);
  CHECK(one.seen().written == 11);
  one.pair.peer.close();
  one.loop.settle();
  CHECK(one.seen().cancelled == 1);
  CHECK(one.end == errc::peer_closed);
}

TEST_CASE("a stream that throws is seen to be incomplete") {
  served one;
  const auto answer = one.ask(get("/breaks"));
  CHECK(answer.ends_with("4\r\npart\r\n"));
  CHECK(one.end == errc::system_error);
}

TEST_CASE("at a stop idle connections close, requests are answered, streams end") {
  served idle;
  idle.ask(get_fast);
  idle.stop();
  CHECK(idle.closed());

  served mute;
  mute.stop();
  CHECK(mute.closed());

  served busy;
  busy.ask(get_slow + get_fast);
  busy.stop();
  CHECK_FALSE(busy.closed());
  const auto answer = busy.wait(5s);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("slow"));
  CHECK(busy.closed());

  served stream;
  stream.ask(get("/endless"));
  stream.stop();
  CHECK(stream.pair.peer.received().ends_with("0\r\n\r\n"));
  CHECK(stream.closed());

  served begun;
  begun.ask("GET /fast HTTP/1.1\r\n");
  begun.stop();
  CHECK_FALSE(begun.closed());
  CHECK(begun.ask("\r\n").ends_with("fast"));
  CHECK(begun.closed());
}

TEST_CASE("a stream that would begin after the stop is empty") {
  served one;
  one.ask(get_slow + get("/endless"));
  one.state->stopping = true;
  CHECK(one.wait(5s).ends_with("slow"));
  served late;
  late.state->stopping = true;
  CHECK(late.ask(get("/endless")).ends_with("Connection: close\r\n\r\n0\r\n\r\n"));
}

TEST_CASE("handlers that do not end in time are cancelled and answered for") {
  served one;
  one.ask(get_slow);
  one.stop();
  for (auto* const each : one.state->sessions[0]) each->stop_handlers();
  one.loop.settle();
  CHECK(status_of(one.pair.peer.received()) == 503);
  CHECK(one.closed());
  CHECK(one.seen().cancelled == 1);
}

TEST_CASE("a peer that asks without reading is closed") {
  server_config config;
  config.unread_bytes = 1000;
  served one(config);
  one.pair.peer.accept_only(100);
  std::string many;
  for (int i = 0; i < 100; ++i) many += get_fast;
  one.pair.peer.send(many);
  one.loop.settle();
  CHECK(one.end == errc::too_large);
  CHECK(one.state->stats.requests < 20);
}

}  // namespace lars::session_test
