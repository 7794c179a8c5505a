#include "http/event_stream.hpp"

#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>

#include "net/as_result.hpp"
#include "net/timer.hpp"
#include "served_connection.hpp"

namespace lars::event_stream_test {

using namespace lars::http;
using namespace std::chrono_literals;

namespace {

const std::string get_events = "GET /events HTTP/1.1\r\nLast-Event-ID: 41\r\n\r\n";

asio::awaitable<void> count_up(event_writer& out, int from, base::duration pause) {
  net::timer wait(co_await asio::this_coro::executor);
  for (int id = from;; ++id) {
    const event next{"news", "", std::to_string(id)};
    if (!co_await out.send(next)) co_return;
    wait.expires_after(pause);
    const auto [failure] = co_await wait.async_wait(net::as_result);
    if (failure) co_return;
  }
}

router routes(base::duration pause) {
  router table;
  table.add("GET", "/events", [pause](const request& asked) {
    const int from = std::stoi("0" + std::string(last_event_id(asked))) + 1;
    return event_stream([from, pause](event_writer& out) { return count_up(out, from, pause); });
  });
  table.add("GET", "/three", [](const request&) {
    return event_stream([](event_writer& out) -> asio::awaitable<void> {
      const event one{"x"};
      for (int i = 0; i < 3; ++i) co_await out.send(one);
    });
  });
  return table;
}

}  // namespace

TEST_CASE("an event has lines of its own, whatever it holds") {
  CHECK(format_event({"a"}) == "data: a\n\n");
  CHECK(format_event({""}) == "data: \n\n");
  CHECK(format_event({"a\nb\n", "change", "7"}) == "id: 7\nevent: change\ndata: a\ndata: b\ndata: \n\n");
  CHECK(format_event({"a\rb", "x\ny", "1\n\n2"}) == "id: 12\nevent: xy\ndata: ab\n\n");
}

TEST_CASE("events follow each other from the id that the peer has seen") {
  test::served_connection one(routes(1s));
  const auto first = one.ask(get_events);
  CHECK(first.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(first.find("Cache-Control: no-store\r\n") != std::string::npos);
  CHECK(first.ends_with("\r\n\r\n13\r\nid: 42\ndata: news\n\n\r\n"));
  CHECK(one.wait(1s) == "13\r\nid: 43\ndata: news\n\n\r\n");
}

TEST_CASE("comments are sent while there is no event, and only then") {
  test::served_connection quiet(routes(1h));
  quiet.ask(get_events);
  CHECK(quiet.wait(16s).empty());  // an event was sent in this period
  CHECK(quiet.wait(15s) == "3\r\n:\n\n\r\n");
  CHECK(quiet.wait(15s) == "3\r\n:\n\n\r\n");

  test::served_connection busy(routes(1s));
  busy.ask(get_events);
  CHECK(busy.wait(100s).find(":\n\n\r\n3") == std::string::npos);
}

TEST_CASE("events that end end the answer, and the connection goes on") {
  test::served_connection one(routes(1s));
  CHECK(one.ask("GET /three HTTP/1.1\r\n\r\n").ends_with("9\r\ndata: x\n\n\r\n0\r\n\r\n"));
  CHECK_FALSE(one.closed());
}

TEST_CASE("a peer that stops reading is cut off, also where there are only comments") {
  test::served_connection events(routes(1ms));
  events.pair.peer.accept_only(1000);
  events.pair.peer.send(get_events);
  events.loop.run_for(11s);
  CHECK(events.end == errc::timeout);

  test::served_connection comments(routes(1h));
  comments.ask(get_events);
  comments.pair.peer.accept_only(0);
  comments.loop.run_for(60s);
  CHECK(comments.end == errc::timeout);
}

TEST_CASE("the end of the peer ends the source") {
  test::served_connection one(routes(1h));
  one.ask(get_events);
  one.pair.peer.close();
  one.loop.settle();
  CHECK(one.end == errc::peer_closed);
  CHECK_FALSE(one.failed);
}

TEST_CASE("at a stop the events end") {
  test::served_connection one(routes(1h));
  one.ask(get_events);
  one.stop();
  CHECK(one.pair.peer.received().ends_with("0\r\n\r\n"));
  CHECK(one.closed());
}

}  // namespace lars::event_stream_test
