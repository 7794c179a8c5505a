#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "net/blocking_pool.hpp"
#include "net/fence.hpp"
#include "net/io_pool.hpp"
#include "net/tcp_link.hpp"
#include "net/tcp_server.hpp"
#include "support/eventually.hpp"

namespace lars::tcp_test {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using test::eventually;

constexpr endpoint any_loopback{0x7f000001, 0};

struct echo_server {
  net::io_pool pool{2};
  net::tcp_server server;
  std::atomic<int> ended{0};
  std::atomic<errc> last_end{errc::timeout};

  explicit echo_server(net::tcp_server_config config = {any_loopback, 100, {}}) : server(pool, config) {
    REQUIRE(server.listen());
    pool.start();
    server.start([this](std::shared_ptr<net::tcp_connection> connection, std::size_t) -> asio::awaitable<errc> {
      last_end = co_await connection->run([&connection](std::string_view bytes) {
        if (bytes.find('!') != std::string_view::npos) return false;
        if (bytes.find('?') != std::string_view::npos) throw std::runtime_error("planted");
        connection->send(std::string(bytes));
        return true;
      });
      ++ended;
      co_return last_end.load();
    });
  }
  ~echo_server() { pool.stop(); }

  endpoint where() const { return {0x7f000001, server.port()}; }
};

int connect_plain(endpoint where) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(where.port));
  to.sin_addr.s_addr = htonl(where.ip);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

std::string read_exactly(int fd, std::size_t size) {
  std::string all(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto n = ::recv(fd, all.data() + got, size - got, 0);
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  all.resize(got);
  return all;
}

}  // namespace

TEST_CASE("bytes are sent both ways, and a peer that closes ends only its own connection") {
  echo_server echo;
  const int first = connect_plain(echo.where());
  const int second = connect_plain(echo.where());
  REQUIRE(::send(first, "abc", 3, 0) == 3);
  CHECK(read_exactly(first, 3) == "abc");
  ::close(first);
  CHECK(eventually([&] { return echo.ended == 1; }));
  CHECK(echo.last_end.load() == errc::peer_closed);
  REQUIRE(::send(second, "xyz", 3, 0) == 3);
  CHECK(read_exactly(second, 3) == "xyz");
  ::close(second);
  CHECK(eventually([&] { return echo.server.connections() == 0; }));
}

TEST_CASE("a handler that refuses bytes closes the connection") {
  echo_server echo;
  const int fd = connect_plain(echo.where());
  REQUIRE(::send(fd, "!", 1, 0) == 1);
  char byte = 0;
  CHECK(::recv(fd, &byte, 1, 0) <= 0);
  CHECK(eventually([&] { return echo.ended == 1; }));
  CHECK(echo.last_end.load() == errc::bad_message);
  ::close(fd);
}

TEST_CASE("a handler that throws costs its connection alone") {
  echo_server echo;
  const auto before = net::exception_count();
  const int other = connect_plain(echo.where());
  const int fd = connect_plain(echo.where());
  REQUIRE(::send(fd, "?", 1, 0) == 1);
  char byte = 0;
  CHECK(::recv(fd, &byte, 1, 0) <= 0);
  CHECK(eventually([&] { return net::exception_count() == before + 1; }));
  REQUIRE(::send(other, "a", 1, 0) == 1);
  CHECK(read_exactly(other, 1) == "a");
  ::close(fd);
  ::close(other);
  CHECK(eventually([&] { return echo.server.connections() == 0; }));
}

TEST_CASE("one connection over the limit is closed at once, the others are served") {
  echo_server echo({any_loopback, 1, {}});
  const int first = connect_plain(echo.where());
  REQUIRE(::send(first, "a", 1, 0) == 1);
  CHECK(read_exactly(first, 1) == "a");
  const int second = connect_plain(echo.where());
  char byte = 0;
  CHECK(::recv(second, &byte, 1, 0) <= 0);
  REQUIRE(::send(first, "b", 1, 0) == 1);
  CHECK(read_exactly(first, 1) == "b");
  ::close(first);
  ::close(second);
}

TEST_CASE("a connection is silent if its peer leaves before anything sensible was said") {
  net::io_pool pool{2};
  net::tcp_server server(pool, {any_loopback, 100, {}});
  REQUIRE(server.listen());
  pool.start();
  server.start([](std::shared_ptr<net::tcp_connection> connection, std::size_t) -> asio::awaitable<errc> {
    co_return co_await connection->run([&connection](std::string_view bytes) {
      if (bytes == "hello") connection->prove();
      return bytes != "!";
    });
  });
  const endpoint where{0x7f000001, server.port()};
  for (int i = 0; i < 50; ++i) ::close(connect_plain(where));
  for (const std::string_view said : {"hello", "!", "?"}) {
    const int fd = connect_plain(where);
    REQUIRE(::send(fd, said.data(), said.size(), 0) == static_cast<ssize_t>(said.size()));
    CHECK(eventually([&] { return server.stats().accepted > 50; }));
    ::shutdown(fd, SHUT_WR);
    char byte = 0;
    CHECK(::recv(fd, &byte, 1, 0) <= 0);
    ::close(fd);
  }
  CHECK(eventually([&] { return server.connections() == 0 && server.stats().accepted == 53; }));
  CHECK(server.stats().silent == 51);
  pool.stop();
}

TEST_CASE("a reader that never reads costs the queue's limit and is dropped") {
  net::connection_limits limits;
  limits.write_queue_bytes = 1 << 20;
  echo_server echo({any_loopback, 10, limits});
  const int fd = connect_plain(echo.where());
  const std::string chunk(1 << 16, 'x');
  for (int i = 0; i < 1000; ++i)
    if (::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT) <= 0) std::this_thread::sleep_for(1ms);
  CHECK(eventually([&] { return echo.ended == 1; }));
  CHECK(echo.last_end.load() == errc::too_large);
  ::close(fd);
}

TEST_CASE("a write without progress ends the connection at its deadline") {
  net::connection_limits limits;
  limits.write_deadline = 100ms;
  echo_server echo({any_loopback, 10, limits});
  const int fd = connect_plain(echo.where());
  const std::string chunk(1 << 16, 'x');
  for (int i = 0; i < 400 && echo.ended == 0; ++i)
    if (::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT) <= 0) std::this_thread::sleep_for(1ms);
  CHECK(eventually([&] { return echo.ended == 1; }));
  CHECK(echo.last_end.load() == errc::timeout);
  ::close(fd);
}

TEST_CASE("a reader that is slow and goes on gets everything, however long it takes") {
  net::connection_limits limits;
  limits.write_deadline = 500ms;
  echo_server echo({any_loopback, 10, limits});
  const int fd = connect_plain(echo.where());
  constexpr std::size_t size = 12 << 20;  // more than buffers of the kernel hold
  std::jthread sender([fd] {
    const std::string chunk(1 << 16, 'x');
    for (std::size_t sent = 0; sent < size;) {
      const auto took = ::send(fd, chunk.data(), std::min(chunk.size(), size - sent), MSG_NOSIGNAL);
      if (took <= 0) break;
      sent += static_cast<std::size_t>(took);
    }
  });
  std::string buffer(1 << 16, ' ');
  std::size_t got = 0;
  const auto began = base::clock::now();
  for (ssize_t took = 1; got < size && took > 0; got += took > 0 ? static_cast<std::size_t>(took) : 0) {
    std::this_thread::sleep_for(6ms);
    took = ::recv(fd, buffer.data(), buffer.size(), 0);
  }
  CHECK(got == size);
  CHECK(base::clock::now() - began > 2 * limits.write_deadline);
  ::close(fd);
}

TEST_CASE("connecting to a closed port is refused") {
  echo_server echo;
  const auto outcome = [&](endpoint where) -> asio::awaitable<errc> {
    auto connection = co_await net::connect(where, 1s, {});
    co_return connection ? errc{} : connection.error().code;
  };
  CHECK(asio::co_spawn(echo.pool.context(1), outcome(echo.where()), asio::use_future).get() == errc{});
  CHECK(asio::co_spawn(echo.pool.context(1), outcome({0x7f000001, 1}), asio::use_future).get() ==
        errc::connection_refused);
}

TEST_CASE("a taken port is refused with the reason") {
  echo_server echo;
  net::tcp_server second(echo.pool, {echo.where(), 10, {}});
  const auto refused = second.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::connection_refused);
  CHECK(refused.error().detail.find("in use") != std::string::npos);
}

TEST_CASE("a blocking call runs elsewhere and its value comes back to the caller's context") {
  net::io_pool pool(1);
  net::blocking_pool blocking(1);
  pool.start();
  std::thread::id before, inside, after;
  auto task = [&]() -> asio::awaitable<int> {
    before = std::this_thread::get_id();
    const int value = co_await blocking.run([&] {
      inside = std::this_thread::get_id();
      return 7;
    });
    after = std::this_thread::get_id();
    co_return value;
  };
  CHECK(asio::co_spawn(pool.context(0), task(), asio::use_future).get() == 7);
  CHECK(before == after);
  CHECK(before != inside);
  pool.stop();
}

TEST_CASE("a peer that is expected to say something is closed when it is silent, one that speaks stays") {
  net::tcp_server_config config{any_loopback, 100, {}};
  config.limits.silence = 300ms;
  net::io_pool pool{1};
  net::tcp_server server(pool, config);
  REQUIRE(server.listen());
  pool.start();
  std::atomic<int> timeouts{0};
  server.start([&](std::shared_ptr<net::tcp_connection> connection, std::size_t) -> asio::awaitable<errc> {
    const errc why = co_await connection->run([&connection](std::string_view bytes) {
      if (bytes.find('p') != std::string_view::npos) connection->expect_input();
      return true;
    });
    if (why == errc::timeout) ++timeouts;
    co_return why;
  });
  const endpoint where{0x7f000001, server.port()};
  const int old_peer = connect_plain(where);
  const int silent = connect_plain(where);
  const int alive = connect_plain(where);
  REQUIRE(::send(old_peer, "o", 1, 0) == 1);
  REQUIRE(::send(silent, "p", 1, 0) == 1);
  REQUIRE(::send(alive, "p", 1, 0) == 1);
  char byte = 0;
  for (int i = 0; i < 40 && timeouts == 0; ++i) {
    ::send(alive, "x", 1, 0);
    std::this_thread::sleep_for(25ms);
  }
  CHECK(::recv(silent, &byte, 1, 0) == 0);
  CHECK(timeouts == 1);
  CHECK(::recv(old_peer, &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(::recv(alive, &byte, 1, MSG_DONTWAIT) == -1);
  for (const int fd : {old_peer, silent, alive}) ::close(fd);
  pool.stop();
}

namespace {

// Ends a connection as a machine that loses its power does: nothing is told to the other end. False without the right.
bool vanish(int fd) {
  const int on = 1;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0) return false;
  ::close(fd);
  return true;
}

}  // namespace

TEST_CASE("keepalive detects a peer whose machine is gone, on either side") {
  net::tcp_server_config config{any_loopback, 100, {}};
  config.limits.keepalive_idle = 1s;
  config.limits.keepalive_interval = 1s;
  config.limits.keepalive_probes = 1;
  echo_server echo(config);
  const int gone = connect_plain(echo.where());
  const int silent = connect_plain(echo.where());
  REQUIRE(::send(gone, "abc", 3, 0) == 3);
  REQUIRE(::send(silent, "abc", 3, 0) == 3);
  REQUIRE(read_exactly(gone, 3) == "abc");
  REQUIRE(read_exactly(silent, 3) == "abc");
  if (!vanish(gone)) {
    WARN("not allowed to let a connection vanish");
    ::close(gone);
  }
  CHECK(eventually([&] { return echo.ended == 1; }));
  char byte = 0;
  CHECK(::recv(silent, &byte, 1, MSG_DONTWAIT) == -1);
  ::close(silent);
}

TEST_CASE("connections of both directions are kept alive by the kernel") {
  echo_server echo;
  asio::io_context context;
  std::shared_ptr<net::tcp_connection> out;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        auto made = co_await net::connect(echo.where(), 1s, {});
        if (made) out = *made;
      },
      asio::detached);
  context.run();
  REQUIRE(out);
  REQUIRE(eventually([&] { return echo.server.connections() == 1; }));
  // Both ends are this process's.
  int ends = 0;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET) continue;
    ++ends;
    const auto option = [fd](int level, int name) {
      int value = -1;
      socklen_t length = sizeof value;
      ::getsockopt(fd, level, name, &value, &length);
      return value;
    };
    CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 60);
    CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 10);
    CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 30000);
  }
  CHECK(ends == 2);
}

}  // namespace lars::tcp_test
