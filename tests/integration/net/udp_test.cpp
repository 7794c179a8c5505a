#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "log/log.hpp"
#include "net/fence.hpp"
#include "net/udp_server.hpp"
#include "support/temp_dir.hpp"

namespace lars::udp_test {

namespace {

// Answers "x" with "x", "N…" with a reply of the largest size, and nothing to "-".
struct echo final : net::datagram_handler {
  std::atomic<int> batches{0};

  std::size_t on_datagram(std::string_view request, endpoint, std::span<char> reply) override {
    if (request == "-") return 0;
    if (request == "!") throw std::runtime_error("planted");
    if (request == "N") {
      std::fill_n(reply.begin(), 65507, 'n');
      return 65507;
    }
    std::copy(request.begin(), request.end(), reply.begin());
    return request.size();
  }
  void on_batch_end() override { ++batches; }
};

struct running_echo {
  boost::asio::io_context context;
  net::udp_server server{context, {0x7f000001, 0}};
  echo handler;
  std::thread thread;

  running_echo() {
    REQUIRE(server.listen());
    boost::asio::co_spawn(context, server.run(handler), [](std::exception_ptr) {});
    thread = std::thread([this] { context.run(); });
  }
  ~running_echo() {
    server.stop();
    thread.join();  // returns only if nothing is left in the context
  }
};

int client_of(std::uint32_t port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(0x7f000001);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const timeval second{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  return fd;
}

std::string receive(int fd) {
  std::string bytes(70000, '\0');
  const auto size = ::recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

}  // namespace

TEST_CASE("each of a thousand datagrams is answered to its sender") {
  running_echo running;
  const int fd = client_of(running.server.port());
  std::set<std::string> wanted;
  std::set<std::string> got;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i);
    wanted.insert(text);
    REQUIRE(::send(fd, text.data(), text.size(), 0) > 0);
    if (i % 100 == 99)
      for (int k = 0; k < 100; ++k) got.insert(receive(fd));
  }
  CHECK(got == wanted);
  CHECK(running.handler.batches > 0);
  ::close(fd);
}

TEST_CASE("answers of the largest size go out beside small ones, and silence is no answer") {
  running_echo running;
  const int fd = client_of(running.server.port());
  for (const char* text : {"-", "N", "a", "N", "-", "b"}) REQUIRE(::send(fd, text, 1, 0) == 1);
  CHECK(receive(fd) == std::string(65507, 'n'));
  CHECK(receive(fd) == "a");
  CHECK(receive(fd) == std::string(65507, 'n'));
  CHECK(receive(fd) == "b");
  ::close(fd);
}

TEST_CASE("a peer with a closed port does not affect the others") {
  running_echo running;
  const int gone = client_of(running.server.port());
  const int fd = client_of(running.server.port());
  REQUIRE(::send(gone, "x", 1, 0) == 1);
  ::close(gone);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(::send(fd, "y", 1, 0) == 1);
    CHECK(receive(fd) == "y");
  }
  ::close(fd);
}

TEST_CASE("what has arrived before the stop is answered") {
  int fd = -1;
  {
    boost::asio::io_context context;
    net::udp_server server{context, {0x7f000001, 0}};
    echo handler;
    REQUIRE(server.listen());
    fd = client_of(server.port());
    for (int i = 0; i < 3; ++i) REQUIRE(::send(fd, "z", 1, 0) == 1);
    server.stop();
    boost::asio::co_spawn(context, server.run(handler), [](std::exception_ptr) {});
    context.run();
  }
  for (int i = 0; i < 3; ++i) CHECK(receive(fd) == "z");
  ::close(fd);
}

TEST_CASE("a taken UDP port is refused with the reason") {
  running_echo running;
  boost::asio::io_context context;
  net::udp_server second(context, {0x7f000001, running.server.port()});
  const auto refused = second.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("in use") != std::string::npos);
}

TEST_CASE("a smaller socket buffer than requested is logged") {
  const test::temp_dir home;
  const auto told = [&home](int room) {
    const std::string file = home.path() / std::to_string(room);
    REQUIRE(log::configure({log::level::info, log::format::text, file}));
    boost::asio::io_context context;
    net::udp_server server(context, {0x7f000001, 0}, room);
    REQUIRE(server.listen());
    REQUIRE(log::flush(std::chrono::seconds(5)));
    REQUIRE(log::configure({}));
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return std::pair(server.port(), text.str());
  };
  CHECK(told(4096).second.empty());
  const auto [port, text] = told(1 << 30);  // no kernel grants that
  CHECK(text.find("net.small_receive_buffer port=" + std::to_string(port) + " bytes=") != std::string::npos);
  CHECK(text.find("wanted=1073741824") != std::string::npos);
}

TEST_CASE("an exception for one datagram affects only that datagram") {
  running_echo echo;
  const int fd = client_of(echo.server.port());
  const auto before = net::exception_count();
  for (const std::string_view text : {"!", "before", "!", "after"}) ::send(fd, text.data(), text.size(), 0);
  CHECK(receive(fd) == "before");
  CHECK(receive(fd) == "after");
  CHECK(net::exception_count() - before == 2);
  ::close(fd);
}

}  // namespace lars::udp_test
