#include "net/tcp_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

#include "net/as_result.hpp"
#include "net/fence.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::net::tcp_server_test {

using namespace std::chrono_literals;

namespace {

constexpr endpoint address{0x7f000001, 7778};

// Its listeners fail to accept as often as they are told to.
class failing_network final : public network {
public:
  asio::awaitable<result<std::unique_ptr<byte_stream>>> connect(endpoint where,
                                                                std::chrono::milliseconds deadline) override {
    return memory_.connect(where, deadline);
  }
  result<std::unique_ptr<listener>> listen(asio::io_context& context, endpoint where) override {
    auto inner = memory_.listen(context, where);
    if (!inner) return inner.error();
    return std::unique_ptr<listener>(std::make_unique<failing_listener>(*std::move(inner), failures));
  }

  result<std::unique_ptr<datagram_server>> bind(asio::io_context& context, endpoint where) override {
    return memory_.bind(context, where);
  }

  int failures = 0;

private:
  class failing_listener final : public listener {
  public:
    failing_listener(std::unique_ptr<listener> inner, int& failures) : inner_(std::move(inner)), failures_(failures) {}
    std::uint32_t port() const override { return inner_->port(); }
    asio::awaitable<accepted> accept(asio::io_context& home) override {
      if (failures_ > 0) {
        --failures_;
        co_return accepted{asio::error::no_descriptors, nullptr};
      }
      co_return co_await inner_->accept(home);
    }
    bool is_open() const override { return inner_->is_open(); }
    void close() noexcept override { inner_->close(); }

  private:
    std::unique_ptr<listener> inner_;
    int& failures_;
  };

  test::memory_network memory_;
};

// A server, and clients that only hold their connections.
struct served {
  explicit served(std::size_t most = 10) : server(loop.pool, {address, most, {}}, net) {}
  ~served() { loop.time.abandon(); }

  void start(tcp_server::serve handler) {
    REQUIRE(server.listen());
    server.start(std::move(handler));
    loop.settle();
  }
  void start() {
    start([](std::shared_ptr<tcp_connection> connection, std::size_t) -> asio::awaitable<errc> {
      auto* const marked = connection.get();
      const auto prove = [marked](std::string_view) { return marked->prove(), true; };
      co_return co_await connection->run(prove);
    });
  }
  // False if the address refuses.
  bool try_connect() {
    bool made = false;
    const auto connecting = [this, &made]() -> asio::awaitable<void> {
      auto stream = co_await net.connect(address, 1s);
      made = static_cast<bool>(stream);
      if (made) clients.push_back(*std::move(stream));
    };
    asio::co_spawn(loop.context, connecting, exception_logger("connecting"));
    loop.settle();
    return made;
  }
  byte_stream& connect() {
    REQUIRE(try_connect());
    return *clients.back();
  }
  // A valid message, as the handler of start() sees it.
  static void speak(byte_stream& client) {
    error_code failure;
    client.write_now(asio::buffer("hello", 5), failure);
    REQUIRE_FALSE(failure);
  }
  static bool ended(byte_stream& client) {
    char byte = 0;
    error_code failure;
    client.read_some(asio::buffer(&byte, 1), failure);
    return failure == asio::error::eof;
  }

  test::simulated_loop loop;
  failing_network net;
  tcp_server server;
  std::vector<std::unique_ptr<byte_stream>> clients;
};

}  // namespace

TEST_CASE("a taken address is refused with the reason") {
  served first;
  first.start();
  tcp_server second(first.loop.pool, {address, 10, {}}, first.net);

  const auto outcome = second.listen();

  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == errc::connection_refused);
  CHECK(outcome.error().text().find("127.0.0.1:7778: Address already in use") != std::string::npos);
}

TEST_CASE("out of file descriptors the server pauses, and accepts what waited") {
  served one;
  one.net.failures = 3;
  one.start();

  // State 1: each attempt fails and is followed by a pause; the client waits in the queue.
  auto& client = one.connect();
  served::speak(client);
  one.loop.settle();
  CHECK(one.server.connections() == 0);
  CHECK(one.server.stats().accept_failures == 1);

  // State 2: after three pauses of 100 ms it is served.
  one.loop.run_for(300ms);
  CHECK(one.server.stats().accept_failures == 3);
  CHECK(one.server.connections() == 1);
}

TEST_CASE("out of file descriptors the oldest connection without a message makes room") {
  served one;
  one.start();
  auto& silent = one.connect();
  one.loop.run_for(10s);  // it is no newcomer any more
  one.net.failures = 1;
  auto& client = one.connect();  // wakes the accept that was under way
  auto& other = one.connect();
  one.loop.run_for(2ms);

  CHECK(served::ended(silent));
  CHECK_FALSE(served::ended(client));
  CHECK_FALSE(served::ended(other));
  CHECK(one.server.stats().evicted == 1);
  CHECK(one.server.connections() == 2);
}

TEST_CASE("over its limit the server refuses, unless a silent connection can go") {
  served one(2);
  one.start();
  auto& first = one.connect();
  auto& second = one.connect();
  served::speak(first);
  served::speak(second);
  one.loop.run_for(10s);

  // State 1: both have spoken: the third is refused.
  CHECK(served::ended(one.connect()));
  CHECK(one.server.stats().refused == 1);

  // State 2: the first leaves, a silent one takes its place and grows old: the next takes the place of that one.
  first.close();
  one.loop.settle();
  auto& silent = one.connect();
  one.loop.run_for(10s);
  auto& next = one.connect();
  one.loop.settle();
  CHECK(served::ended(silent));
  CHECK_FALSE(served::ended(next));
  CHECK(one.server.stats().refused == 1);
}

TEST_CASE("a handler that throws ends its own connection, which is counted") {
  served one;
  one.start([](std::shared_ptr<tcp_connection>, std::size_t) -> asio::awaitable<errc> {
    throw std::runtime_error("broken handler");
    co_return errc{};
  });
  const auto before = exception_count();

  auto& client = one.connect();
  one.loop.settle();

  CHECK(exception_count() == before + 1);
  CHECK(served::ended(client));
  CHECK(one.server.connections() == 0);
  CHECK(one.server.stats().accepted == 1);
}

TEST_CASE("a stopped server accepts nobody, open connections go on") {
  served one;
  one.start();
  auto& client = one.connect();
  served::speak(client);

  one.server.stop();
  one.loop.settle();

  CHECK_FALSE(served::ended(client));
  CHECK(one.server.connections() == 1);
  CHECK_FALSE(one.try_connect());
}

}  // namespace lars::net::tcp_server_test
