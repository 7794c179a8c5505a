// The HTTP port on real sockets, and what strangers do to it.
#include "http/server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace lars::server_test {

using namespace std::chrono_literals;

namespace {

http::server_config quick() {
  http::server_config config;
  config.listen = {0x7f000001, 0};
  config.request_deadline = 300ms;
  config.idle_limit = 600ms;
  return config;
}

struct running_server {
  net::io_pool pool{2};
  http::server server;

  explicit running_server(http::server_config config = quick()) : server(pool, config, routes()) {
    REQUIRE(server.listen());
    pool.start();
    server.start();
  }
  ~running_server() { pool.stop(); }

  static http::router routes() {
    http::router table;
    table.add("GET", "/hello", [](const http::request& asked) { return http::response{200, "hello " + asked.query}; });
    table.add("GET", "/failing", [](const http::request&) -> http::response { throw std::runtime_error("planted"); });
    table.add("GET", "/large", [](const http::request&) { return http::response{200, std::string(1 << 20, 'x')}; });
    return table;
  }
  std::uint64_t timeouts() const {
    const auto text = http::metrics_text(server.metrics());
    const std::string name = "lars_connections_dropped_total{port=\"http\",reason=\"timeout\"} ";
    return std::stoull(text.substr(text.find(name) + name.size()));
  }
};

class plain_client {
public:
  explicit plain_client(std::uint32_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~plain_client() { ::close(fd_); }
  plain_client(const plain_client&) = delete;
  plain_client& operator=(const plain_client&) = delete;

  bool send(const std::string& text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  // What comes until the text ends with `end`, the server closes (then closed() holds), or three seconds pass.
  std::string read_until(const std::string& end) {
    std::string got;
    while (!got.ends_with(end) && readable(3000)) {
      char buffer[4096];
      const auto size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) {
        closed_ = true;
        break;
      }
      got.append(buffer, static_cast<std::size_t>(size));
    }
    return got;
  }
  std::string read_to_end() { return read_until("\x01 never"); }
  bool closed() const { return closed_; }

private:
  bool readable(int milliseconds) const {
    pollfd wanted{fd_, POLLIN, 0};
    return ::poll(&wanted, 1, milliseconds) == 1;
  }
  int fd_;
  bool closed_ = false;
};

const std::string get_hello = "GET /hello?you HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("requests on one connection are answered in order, pipelined or not") {
  running_server running;
  plain_client client(running.server.port());
  REQUIRE(client.send(get_hello));
  CHECK(client.read_until("hello you").starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(
      client.send("GET /nothing HTTP/1.1\r\n\r\n" + get_hello + "PUT /hello HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const auto rest = client.read_to_end();
  const auto missing = rest.find("HTTP/1.1 404"), found = rest.find("HTTP/1.1 200"),
             refused = rest.find("HTTP/1.1 405");
  REQUIRE(refused != std::string::npos);
  CHECK(missing < found);
  CHECK(found < refused);
  CHECK(rest.find("application/problem+json") != std::string::npos);
  CHECK(client.closed());
  CHECK(running.server.stats().requests == 4);
}

TEST_CASE("a handler that throws is answered for, and the connection goes on") {
  running_server at;
  plain_client client(at.server.port());
  client.send("GET /failing HTTP/1.1\r\nHost: x\r\n\r\nGET /hello?you HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto text = client.read_until("hello you");
  CHECK(text.starts_with("HTTP/1.1 500 "));
  CHECK(text.ends_with("hello you"));
}

TEST_CASE("an invalid or too large request is refused with the reason and its connection closed") {
  running_server running;
  const std::pair<std::string, std::string> cases[] = {
      {"\x16\x03\x01\x02\x01\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", "HTTP/1.1 413"},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "HTTP/1.1 400"},
  };
  for (const auto& [text, answer] : cases) {
    INFO(answer);
    plain_client client(running.server.port());
    REQUIRE(client.send(text));
    CHECK(client.read_to_end().starts_with(answer));
    CHECK(client.closed());
  }
  plain_client good(running.server.port());
  REQUIRE(good.send(get_hello));
  CHECK(good.read_until("hello you").ends_with("hello you"));
  CHECK(running.server.stats().malformed == 2);
  CHECK(running.server.stats().oversize == 2);
}

TEST_CASE("a request that takes too long is a timeout; an idle connection is closed silently") {
  running_server running;
  plain_client slow(running.server.port());
  const auto began = base::clock::now();
  for (std::size_t i = 0; i < get_hello.size() - 1 && base::clock::now() - began < 2s; ++i) {
    if (!slow.send(get_hello.substr(i, 1))) break;
    std::this_thread::sleep_for(50ms);
  }
  CHECK(slow.read_to_end().starts_with("HTTP/1.1 408 "));
  CHECK(slow.closed());
  for (int i = 0; i < 300 && running.timeouts() == 0; ++i) std::this_thread::sleep_for(10ms);
  CHECK(running.timeouts() == 1);

  plain_client idle(running.server.port());
  REQUIRE(idle.send(get_hello));
  idle.read_until("hello you");
  CHECK(idle.read_to_end().empty());
  CHECK(idle.closed());
  CHECK(running.timeouts() == 1);
}

TEST_CASE("a full server evicts silent connections") {
  auto config = quick();
  config.max_connections = 4;
  config.request_deadline = 20s;
  running_server running(config);
  std::vector<std::unique_ptr<plain_client>> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(std::make_unique<plain_client>(running.server.port()));
  std::this_thread::sleep_for(1100ms);
  plain_client speaks(running.server.port());
  REQUIRE(speaks.send(get_hello));
  CHECK(speaks.read_until("hello you").ends_with("hello you"));
  CHECK(silent.front()->read_to_end().empty());
  CHECK(silent.front()->closed());
}

TEST_CASE("a peer that asks without reading costs a bounded amount and is closed") {
  running_server running;
  plain_client greedy(running.server.port());
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += "GET /large HTTP/1.1\r\n\r\n";  // two gigabytes of answers
  greedy.send(requests);
  plain_client good(running.server.port());
  REQUIRE(good.send(get_hello));
  CHECK(good.read_until("hello you").ends_with("hello you"));
  const std::string counted = "lars_connections_dropped_total{port=\"http\",reason=\"too_large\"} 1";
  const auto seen = [&] { return http::metrics_text(running.server.metrics()).find(counted) != std::string::npos; };
  for (int i = 0; i < 300 && !seen(); ++i) std::this_thread::sleep_for(10ms);
  CHECK(seen());
  // Nobody works for a connection that is gone; the kernel's buffers hold some answers.
  CHECK(running.server.stats().requests < 32);
  CHECK(greedy.read_to_end().size() < (32u << 20));
  CHECK(greedy.closed());
}

}  // namespace lars::server_test
