#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include "net/fence.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::server_test {

using namespace lars::http;
using namespace std::chrono_literals;

namespace {

constexpr endpoint address{0x7f000001, 7780};

struct running_server {
  running_server() : server(loop.pool, {.listen = address, .limits = {}}, routes(), net) {
    REQUIRE(server.listen());
    server.start();
  }
  ~running_server() { loop.time.abandon(); }

  static router routes() {
    router table;
    table.add("GET", "/", [](const request&) { return response{200, "hello"}; });
    return table;
  }
  void connect() {
    const auto connecting = [this]() -> asio::awaitable<void> { client = *co_await net.connect(address, 1s); };
    asio::co_spawn(loop.context, connecting, net::exception_logger("connecting"));
    loop.settle();
  }
  void send(const std::string& text) {
    net::error_code failure;
    client->write_now(asio::buffer(text), failure);
    loop.settle();
  }
  // False if the server has closed.
  bool open() {
    char buffer[1000];
    net::error_code failure;
    while (!failure) client->read_some(asio::buffer(buffer), failure);
    return failure == asio::error::would_block;
  }

  test::simulated_loop loop;
  test::memory_network net;
  http::server server;
  std::unique_ptr<net::byte_stream> client;
};

}  // namespace

TEST_CASE("requests are served over any network and counted") {
  running_server one;
  CHECK(one.server.port() == 7780);
  one.connect();
  one.send("GET / HTTP/1.1\r\n\r\nnonsense");
  CHECK_FALSE(one.open());
  CHECK(one.server.stats().requests == 1);
  const auto text = metrics_text(one.server.metrics());
  CHECK(text.find("lars_http_requests_total 1\n") != std::string::npos);
  CHECK(text.find("lars_http_refused_total{reason=\"malformed\"} 1\n") != std::string::npos);
}

TEST_CASE("a stop ends idle connections") {
  running_server one;
  one.connect();
  one.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(one.open());
  one.server.begin_stop();
  one.loop.settle();
  CHECK_FALSE(one.open());
  one.server.stop();  // does not wait: no connection is left
}

}  // namespace lars::server_test
