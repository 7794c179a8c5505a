#include "net/tcp_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <stdexcept>

#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::net::tcp_connection_test {

using namespace std::chrono_literals;

namespace {

// A connection that runs, and the peer at its far end.
struct running_connection {
  explicit running_connection(connection_limits limits = {}) {
    auto pair = test::connected_pair(loop.context.get_executor());
    peer.emplace(std::move(pair.peer));
    connection = std::make_shared<tcp_connection>(std::move(pair.stream), limits);
  }
  ~running_connection() { loop.time.abandon(); }

  void start(tcp_connection::on_bytes handler = [](std::string_view) { return true; }) {
    asio::co_spawn(loop.context, connection->run(std::move(handler)), [this](std::exception_ptr thrown, errc why) {
      threw = thrown != nullptr;
      ended = why;
    });
    loop.settle();
  }

  test::simulated_loop loop;
  std::optional<test::memory_peer> peer;
  std::shared_ptr<tcp_connection> connection;
  std::optional<errc> ended;
  bool threw = false;
};

connection_limits with_queue(std::size_t bytes) {
  connection_limits limits;
  limits.write_queue_bytes = bytes;
  return limits;
}

}  // namespace

TEST_CASE("the peer's close ends the connection") {
  running_connection one;
  one.start();

  one.peer->close();
  one.loop.settle();

  CHECK(one.ended == errc::peer_closed);
  CHECK_FALSE(one.connection->is_open());
}

TEST_CASE("with a handler for it, the peer's end leaves the other direction open") {
  running_connection one;
  bool told = false;
  one.connection->on_end([&] { told = true; });
  one.start();

  one.peer->end_sending();
  one.loop.settle();
  one.connection->send("answer");
  one.loop.settle();

  CHECK(told);
  CHECK_FALSE(one.ended);
  CHECK(one.peer->received() == "answer");
  one.peer->reset(asio::error::broken_pipe);
  one.connection->send("more");
  one.loop.settle();
  CHECK(one.ended == errc::peer_closed);
}

TEST_CASE("a read that fails counts as the peer's close") {
  running_connection one;
  one.start();

  one.peer->reset(asio::error::connection_reset);
  one.loop.settle();

  CHECK(one.ended == errc::peer_closed);
}

TEST_CASE("a write that fails counts as the peer's close") {
  running_connection one;
  one.start();
  one.connection->hold_reads();  // only the write can notice
  one.loop.settle();

  one.peer->reset(asio::error::broken_pipe);
  one.connection->send("bytes");
  one.loop.settle();

  CHECK(one.ended == errc::peer_closed);
}

TEST_CASE("a handler that refuses bytes ends the connection with bad_message") {
  running_connection one;
  one.start([](std::string_view) { return false; });

  one.peer->send("nonsense");
  one.loop.settle();

  CHECK(one.ended == errc::bad_message);
  CHECK(one.peer->closed());
}

TEST_CASE("a handler that throws closes the connection and the exception goes on") {
  running_connection one;
  one.start([](std::string_view) -> bool { throw std::runtime_error("broken handler"); });

  one.peer->send("bytes");
  one.loop.settle();

  CHECK(one.threw);
  CHECK_FALSE(one.connection->is_open());
  CHECK(one.peer->closed());
}

TEST_CASE("a peer that takes some bytes at a time gets them all, in order") {
  running_connection one;
  one.start();
  constexpr std::size_t at_once = 3;
  one.peer->accept_only(at_once);

  one.connection->send("first,");
  one.connection->send("second");
  std::string taken;
  for (int i = 0; i < 4; ++i) {
    one.loop.settle();
    taken += one.peer->received();
  }

  CHECK(taken == "first,second");
  CHECK(one.connection->queued() == 0);
  CHECK(one.connection->is_open());
}

TEST_CASE("a write without progress ends the connection at its deadline, one with progress does not") {
  connection_limits limits;
  limits.write_deadline = 10s;
  running_connection one(limits);
  one.start();
  one.peer->accept_only(1);
  one.connection->send("abc");

  // State 1: one byte has gone out. The next is taken just before the deadline, which starts again.
  one.loop.run_for(9s);
  CHECK(one.peer->received() == "a");
  one.loop.run_for(9s);
  CHECK_FALSE(one.ended);

  // State 2: nothing more is taken.
  one.loop.run_for(999ms);
  CHECK_FALSE(one.ended);
  one.loop.run_for(1ms);
  CHECK(one.ended == errc::timeout);
}

TEST_CASE("a queue over its limit ends the connection") {
  running_connection one(with_queue(8));
  one.start();
  one.peer->accept_only(0);

  one.connection->send("12345678");
  one.connection->send("9");
  one.loop.settle();

  CHECK(one.ended == errc::too_large);
}

TEST_CASE("what is sent after the end is dropped") {
  running_connection one;
  one.start();
  one.connection->close();
  one.loop.settle();

  one.connection->send("late");
  one.loop.settle();

  CHECK(one.ended == errc::cancelled);
  CHECK(one.peer->received().empty());
  CHECK(one.connection->queued() == 0);
}

TEST_CASE("close_when_written waits for the queue, and for no longer than a write may take") {
  connection_limits limits;
  limits.write_deadline = 5s;
  running_connection one(limits);
  one.start();
  one.peer->accept_only(4);
  one.connection->send("answer");
  one.connection->close_when_written();
  one.loop.settle();
  CHECK(one.connection->is_open());

  SECTION("the peer reads") {
    std::string taken = one.peer->received();
    one.loop.settle();
    taken += one.peer->received();
    CHECK(taken == "answer");
    CHECK(one.ended == errc::cancelled);
  }
  SECTION("the peer does not read") {
    one.loop.run_for(5s);
    CHECK(one.ended == errc::timeout);
  }
}

TEST_CASE("close_after closes with its reason unless keep_open is called") {
  running_connection one;
  one.start();

  one.connection->close_after(1s, errc::too_large);
  one.connection->keep_open();
  one.loop.run_for(1h);
  CHECK_FALSE(one.ended);

  one.connection->close_after(1s, errc::too_large);
  one.loop.run_for(1s);
  CHECK(one.ended == errc::too_large);
}

TEST_CASE("the time of close_after stops while reads are held") {
  running_connection one;
  one.start();
  one.connection->close_after(1s);
  one.connection->hold_reads();

  one.loop.run_for(1h);
  CHECK_FALSE(one.ended);

  one.connection->resume_reads();
  one.loop.run_for(1s);
  CHECK(one.ended == errc::timeout);
}

TEST_CASE("a peer that should send regularly is closed after the silence, input starts it again") {
  connection_limits limits;
  limits.silence = 30s;
  running_connection one(limits);
  one.start();
  one.connection->expect_input();

  one.loop.run_for(29s);
  one.peer->send("ping");
  one.loop.run_for(29s);
  CHECK_FALSE(one.ended);

  one.loop.run_for(1s);
  CHECK(one.ended == errc::timeout);
}

TEST_CASE("silence does not count while reads are held") {
  connection_limits limits;
  limits.silence = 30s;
  running_connection one(limits);
  one.start();
  one.connection->expect_input();
  one.connection->hold_reads();

  one.loop.run_for(5min);
  CHECK_FALSE(one.ended);

  one.connection->resume_reads();
  one.loop.run_for(29s);
  CHECK_FALSE(one.ended);
  one.loop.run_for(1s);
  CHECK(one.ended == errc::timeout);
}

TEST_CASE("held reads leave the bytes where they are") {
  running_connection one;
  std::string read;
  one.start([&](std::string_view bytes) { return read += bytes, true; });
  one.connection->hold_reads();
  one.loop.settle();

  one.peer->send("later");
  one.loop.run_for(1s);
  CHECK(read.empty());

  one.connection->resume_reads();
  one.loop.settle();
  CHECK(read == "later");
}

TEST_CASE("the handler of an empty queue that throws ends the connection") {
  running_connection one;
  one.connection->on_written([] { throw std::runtime_error("broken handler"); });
  one.start();

  one.connection->send("bytes");
  one.loop.settle();

  CHECK(one.threw);
  CHECK_FALSE(one.connection->is_open());
}

}  // namespace lars::net::tcp_connection_test
