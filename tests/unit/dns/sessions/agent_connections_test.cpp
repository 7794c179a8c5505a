#include "dns/sessions/agent_connections.hpp"

#include <catch2/catch.hpp>
#include <memory>

namespace lars::dns::agent_connections_test {
namespace {

// Two contexts that turn when the test says so, and the connections of each.
struct fixture {
  std::shared_ptr<net::tcp_connection> connect(std::size_t context) {
    return std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(pool.context(context)),
                                                 net::connection_limits{});
  }
  void turn(std::size_t context) {
    pool.context(context).restart();
    pool.context(context).poll();
  }

  net::io_pool pool{2};
  std::shared_ptr<agent_connections> connections = std::make_shared<agent_connections>(pool);
};

}  // namespace

TEST_CASE("Connections are counted over all contexts, and each has an id of its own") {
  fixture f;
  const auto one = f.connect(0);
  const auto other = f.connect(1);
  const auto first = f.connections->add(0, one);
  const auto second = f.connections->add(1, other);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first != *second);
  CHECK(f.connections->open() == 2);
  f.connections->remove(0, *first);
  CHECK(f.connections->open() == 1);
}

TEST_CASE("An id is not given again") {
  fixture f;
  const auto one = f.connect(0);
  const auto first = f.connections->add(0, one);
  REQUIRE(first);
  f.connections->remove(0, *first);
  const auto second = f.connections->add(0, one);
  REQUIRE(second);
  CHECK(*second != *first);
}

TEST_CASE("Each context closes its own connections") {
  fixture f;
  const auto one = f.connect(0);
  const auto other = f.connect(1);
  REQUIRE(f.connections->add(0, one));
  REQUIRE(f.connections->add(1, other));
  f.connections->close_all();
  // Nothing is touched before its context runs.
  CHECK(one->is_open());
  CHECK(other->is_open());
  f.turn(0);
  CHECK_FALSE(one->is_open());
  CHECK(other->is_open());
  f.turn(1);
  CHECK_FALSE(other->is_open());
}

TEST_CASE("Closing does not count a connection out: its session does when it has ended") {
  fixture f;
  const auto one = f.connect(0);
  const auto id = f.connections->add(0, one);
  REQUIRE(id);
  f.connections->close_all();
  f.turn(0);
  CHECK(f.connections->open() == 1);
  f.connections->remove(0, *id);
  CHECK(f.connections->open() == 0);
}

TEST_CASE("No connection is registered once all were closed") {
  fixture f;
  f.connections->close_all();
  const auto late = f.connect(0);
  CHECK_FALSE(f.connections->add(0, late));
  CHECK(f.connections->open() == 0);
  f.turn(0);
  CHECK(late->is_open());  // its acceptor closes it
}

TEST_CASE("A connection that ended without its session's knowledge is passed over") {
  fixture f;
  auto one = f.connect(0);
  const auto id = f.connections->add(0, one);
  REQUIRE(id);
  one.reset();
  f.connections->close_all();
  f.turn(0);
  CHECK(f.connections->open() == 1);
}

TEST_CASE("What closes connections lives until every context has done so") {
  fixture f;
  const auto one = f.connect(0);
  REQUIRE(f.connections->add(0, one));
  f.connections->close_all();
  f.connections.reset();
  f.turn(0);
  CHECK_FALSE(one->is_open());
  f.turn(1);
}

TEST_CASE("All may be closed again") {
  fixture f;
  const auto one = f.connect(0);
  REQUIRE(f.connections->add(0, one));
  f.connections->close_all();
  f.connections->close_all();
  f.turn(0);
  CHECK_FALSE(one->is_open());
}

}  // namespace lars::dns::agent_connections_test
