#include "dns/sessions/agent_session.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::agent_session_test {
namespace {

// A session whose connection's context turns when the test says so; nothing is ever written to a socket.
struct fixture {
  explicit fixture(publisher_limits limits = {}, std::size_t queue_bytes = 64u << 20)
      : routes(std::make_shared<publisher>(pool, limits)) {
    connection = std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(pool.context(0)),
                                                       net::connection_limits{.write_queue_bytes = queue_bytes});
    routes->publish(route_table().with({answer({1, 1}, {row(1, {1, 1}, 1, 80)})}).table);
    turn();
    session.emplace(routes, connection, 0, 1);
  }
  ~fixture() {
    session.reset();
    turn();
  }
  void turn() {
    pool.context(0).restart();
    pool.context(0).poll();
  }

  net::io_pool pool{1};
  std::shared_ptr<publisher> routes;
  std::shared_ptr<net::tcp_connection> connection;
  std::optional<agent_session> session;
};

const std::string request = proto::encode(proto::route_request{{1, 1}, 0, 0});

}  // namespace

TEST_CASE("A request is answered, and subscribes the agent") {
  fixture f;
  CHECK(f.session->on_bytes(request));
  f.turn();
  CHECK(f.connection->proven());
  CHECK(f.connection->queued() > 0);
  CHECK(f.routes->stats().answers == 1);
  CHECK(f.routes->stats().subscriptions == 1);
}

TEST_CASE("Bytes that are no frame end the session") {
  fixture f;
  CHECK_FALSE(f.session->on_bytes(std::string(64, '\xff')));
  CHECK_FALSE(f.connection->proven());
}

TEST_CASE("A frame with an unreadable body is counted, and proves nothing") {
  fixture f;
  std::string broken = request;
  for (std::size_t i = 8; i < broken.size(); ++i) broken[i] = '\xff';
  CHECK(f.session->on_bytes(broken));
  CHECK(f.routes->stats().unreadable == 1);
  CHECK_FALSE(f.connection->proven());
}

TEST_CASE("Above the limit on unread answers requests wait until the agent has read its own") {
  fixture f({.unread_bytes = 1});
  CHECK(f.session->on_bytes(request));
  CHECK_FALSE(f.session->is_waiting());  // the first answer is always given
  CHECK(f.session->on_bytes(request));
  CHECK(f.session->is_waiting());
  CHECK(f.routes->stats().answers == 1);
  f.session->on_written();
  CHECK(f.routes->stats().answers == 2);
}

TEST_CASE("Nonsense that waited closes the connection once it is reached") {
  fixture f({.unread_bytes = 1});
  CHECK(f.session->on_bytes(request));
  CHECK(f.session->on_bytes(std::string(64, '\xff')));
  CHECK(f.session->is_waiting());
  f.session->on_written();
  f.turn();
  CHECK_FALSE(f.connection->is_open());
}

TEST_CASE("An answer that does not fit into the queue closes the connection") {
  fixture f({}, 8);
  CHECK(f.session->on_bytes(request));  // an empty queue takes one answer of any size
  CHECK(f.connection->is_open());
  CHECK(f.session->on_bytes(request));
  f.turn();
  CHECK_FALSE(f.connection->is_open());
}

TEST_CASE("A session that ends gives back its unread bytes") {
  fixture f;
  CHECK(f.session->on_bytes(request));
  CHECK(f.routes->stats().unread > 0);
  f.session.reset();
  CHECK(f.routes->stats().unread == 0);
}

}  // namespace lars::dns::agent_session_test
