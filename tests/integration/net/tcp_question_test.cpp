// What is at a port, told by what it does.
#include "net/tcp_question.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

namespace lars::tcp_question_test {

using namespace std::chrono_literals;
using net::reaction;

namespace {

// A port at which one connection is served by `serve`; by nobody where there is none.
struct listening {
  explicit listening(std::function<void(int)> serve) {
    socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::listen(socket, 8) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port = ntohs(where.sin_port);
    if (serve)
      thread = std::thread([this, serve = std::move(serve)] {
        const int one = ::accept(socket, nullptr, nullptr);
        serve(one);
        ::close(one);
      });
  }
  ~listening() {
    if (thread.joinable()) thread.join();
    ::close(socket);
  }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;

  reaction ask() const {
    boost::asio::io_context context;
    net::tcp_question question(context);
    auto got = reaction::unreachable;
    const auto run = [&]() -> boost::asio::awaitable<void> {
      got = co_await question.ask({0x7f000001, port}, "ping", 300ms);
    };
    boost::asio::co_spawn(context, run, boost::asio::detached);
    context.run();
    return got;
  }

  int socket = -1;
  std::uint32_t port = 0;
  std::thread thread;
};

void read_to_end(int socket) {
  char byte = 0;
  while (::read(socket, &byte, 1) > 0) continue;
}

}  // namespace

TEST_CASE("a server that answers, one that is silent and one that is stuck are distinguished") {
  CHECK(listening([](int socket) {
          (void)!::write(socket, "pong", 4);
          read_to_end(socket);
        }).ask() == reaction::answered);
  CHECK(listening(read_to_end).ask() == reaction::closed);
  CHECK(listening({}).ask() == reaction::silent);
}

TEST_CASE("a server that closes the connection early counts as unreachable") {
  CHECK(listening([](int) {}).ask() == reaction::unreachable);
  // As the kernel does for a process that is killed: what it has not read is lost.
  CHECK(listening([](int) { std::this_thread::sleep_for(400ms); }).ask() == reaction::unreachable);
  std::uint32_t port = 0;
  {
    listening gone({});
    port = gone.port;
  }
  boost::asio::io_context context;
  net::tcp_question question(context);
  auto got = reaction::silent;
  const auto run = [&]() -> boost::asio::awaitable<void> {
    got = co_await question.ask({0x7f000001, port}, "ping", 300ms);
  };
  boost::asio::co_spawn(context, run, boost::asio::detached);
  context.run();
  CHECK(got == reaction::unreachable);
}

}  // namespace lars::tcp_question_test
