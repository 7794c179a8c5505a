#include "dns/sessions/publisher.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <utility>

#include "../rows.hpp"

namespace lars::dns::publisher_test {
namespace {

// A publisher on a context that turns when the test says so, with the table of one module.
struct bench {
  explicit bench(std::size_t max_subscriptions) {
    routes = std::make_shared<publisher>(pool, publisher_limits{.max_subscriptions = max_subscriptions});
    routes->publish(route_table().with({answer({1, 1}, {row(1, {1, 1}, 1, 80)})}).table);
    turn();
  }
  ~bench() { turn(); }

  void turn() {
    pool.context(0).restart();
    pool.context(0).poll();
  }

  struct peer {
    std::shared_ptr<net::tcp_connection> connection;
    connection_id id = 0;
  };
  peer join() {
    return {
        std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(pool.context(0)), net::connection_limits{}),
        ++last_id};
  }
  void subscribe(const peer& by, std::vector<answered_route> answered) {
    routes->subscribe(by.id, by.connection, false, std::move(answered));
  }

  net::io_pool pool{1};
  connection_id last_id = 0;
  std::shared_ptr<publisher> routes;
};

// What a peer was answered before the table moved on.
constexpr std::uint64_t outdated = 1;

}  // namespace

TEST_CASE("A peer that asks for more than it may, with a newer answer on its way to it, is closed alone") {
  bench dns(3);
  const auto greedy = dns.join();
  const auto modest = dns.join();
  dns.subscribe(modest, {{{1, 1}, outdated}});
  dns.subscribe(greedy, {{{1, 1}, outdated}, {{2, 1}, 0}, {{2, 2}, 0}, {{2, 3}, 0}});
  dns.turn();
  CHECK_FALSE(greedy.connection->is_open());
  CHECK(modest.connection->is_open());
  CHECK(modest.connection->queued() > 0);
  CHECK(dns.routes->stats().refused == 1);
  CHECK(dns.routes->stats().subscriptions == 1);
  // Changes go on reaching those who stayed.
  const auto before = modest.connection->queued();
  dns.routes->apply({answer({1, 1}, {row(1, {1, 1}, 2, 80)})}, {});
  dns.turn();
  CHECK(modest.connection->queued() > before);
}

TEST_CASE("What a closed peer still sends is no reason to serve it again") {
  bench dns(2);
  const auto greedy = dns.join();
  for (int i = 0; i < 3; ++i) dns.subscribe(greedy, {{{1, 1}, outdated}, {{2, 1}, 0}, {{2, 2}, 0}});
  dns.routes->unsubscribe(greedy.id);
  dns.turn();
  CHECK(dns.routes->stats().subscriptions == 0);
  dns.routes->apply({answer({1, 1}, {row(1, {1, 1}, 2, 80)})}, {});
  dns.turn();
  CHECK(dns.routes->stats().pushes == 0);
}

TEST_CASE("An observer is told once of what differs, when the new table is the current one") {
  bench dns(1);
  struct : route_observer {
    void on_routes_changed(std::span<const route_change> changes) override {
      for (const auto& change : changes) {
        CHECK(routes->current()->digest(change.key) == expected);
        told.push_back(change.key);
      }
    }
    publisher* routes = nullptr;
    std::uint64_t expected = 0;
    std::vector<route_key> told;
  } observer;
  observer.routes = dns.routes.get();
  dns.routes->changes().observe(observer);
  const auto changed = answer({1, 1}, {row(1, {1, 1}, 2, 80)});
  observer.expected = changed.digest;
  dns.routes->apply({changed}, {});
  dns.routes->apply({changed}, {});
  CHECK(observer.told == std::vector<route_key>{{1, 1}});
}

TEST_CASE("A push that fails closes the connection it was for, and no other") {
  net::io_pool pool{1};
  bool fails = false;
  time_source time;
  time.now = [&fails]() -> base::time_point {
    if (std::exchange(fails, false)) throw std::runtime_error("thrown by the test");
    return {};
  };
  const auto routes = std::make_shared<publisher>(pool, publisher_limits(), time);
  const auto connect = [&] {
    return std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(pool.context(0)),
                                                 net::connection_limits{});
  };
  const auto turn = [&] {
    pool.context(0).restart();
    pool.context(0).poll();
  };
  routes->publish(route_table().with({answer({1, 1}, {row(1, {1, 1}, 1, 80)})}).table);
  const std::vector<std::shared_ptr<net::tcp_connection>> connections{connect(), connect()};
  const auto digest = routes->current()->digest({1, 1});
  for (std::size_t i = 0; i < connections.size(); ++i)
    routes->subscribe(i + 1, connections[i], false, {{{1, 1}, digest}});
  turn();
  fails = true;
  routes->apply({answer({1, 1}, {row(1, {1, 1}, 2, 80)})}, {});
  turn();
  CHECK(connections[0]->is_open() != connections[1]->is_open());
}

}  // namespace lars::dns::publisher_test
