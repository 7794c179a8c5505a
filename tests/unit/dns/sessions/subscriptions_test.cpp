#include "dns/sessions/subscriptions.hpp"

#include <catch2/catch.hpp>

#include "net/io_pool.hpp"

namespace lars::dns::subscriptions_test {

namespace {

// Subscriptions whose clients are connections of a context that never runs.
struct fixture {
  fixture(std::size_t connection_limit, std::size_t total_limit) : all(connection_limit, total_limit, stats) {}

  bool add(connection_id id, route_key key) {
    all.update_client(id, {}, false);
    return all.add(id, key);
  }
  std::vector<connection_id> subscribers_of(route_key key) const {
    const auto found = all.subscribers_of(key);
    return {found.begin(), found.end()};
  }

  session_stats stats;
  subscriptions all;
};

using ids = std::vector<connection_id>;

}  // namespace

TEST_CASE("A module's subscribers are those that asked for it, each once") {
  fixture f(10, 100);
  CHECK(f.add(2, {1, 1}));
  CHECK(f.add(1, {1, 1}));
  CHECK(f.add(2, {1, 1}));
  CHECK(f.add(1, {2, 1}));
  CHECK(f.subscribers_of({1, 1}) == ids{1, 2});
  CHECK(f.subscribers_of({2, 1}) == ids{1});
  CHECK(f.subscribers_of({3, 1}).empty());
  CHECK(f.all.count(2) == 1);
  CHECK(f.stats.subscriptions == 3);
}

TEST_CASE("A connection that ended is removed from every module") {
  fixture f(10, 100);
  f.add(1, {1, 1});
  f.add(2, {1, 1});
  f.add(1, {2, 1});
  f.all.remove(1);
  CHECK(f.subscribers_of({1, 1}) == ids{2});
  CHECK(f.subscribers_of({2, 1}).empty());
  CHECK(f.all.count(1) == 0);
  CHECK(f.all.modules() == 1);
  CHECK(f.stats.subscriptions == 1);
  // Removing it again, or one that never subscribed, changes nothing.
  f.all.remove(1);
  f.all.remove(99);
  CHECK(f.subscribers_of({1, 1}) == ids{2});
}

TEST_CASE("A connection above its own limit is dropped, and no other") {
  fixture f(2, 100);
  CHECK(f.add(1, {1, 1}));
  CHECK(f.add(1, {2, 1}));
  CHECK(f.add(1, {2, 1}));  // repeating a subscription does not count
  CHECK(f.add(2, {3, 1}));
  CHECK_FALSE(f.add(1, {3, 1}));
  CHECK(f.all.find(1) == nullptr);
  CHECK(f.subscribers_of({3, 1}) == ids{2});
  CHECK(f.stats.refused == 1);
  CHECK(f.stats.subscriptions == 1);
}

TEST_CASE("Above the total limit the connection with the most modules is dropped") {
  fixture f(10, 4);
  for (std::int32_t i = 0; i < 3; ++i) CHECK(f.add(7, {i, 1}));
  CHECK(f.add(8, {1, 1}));
  CHECK(f.add(8, {9, 1}));
  CHECK(f.all.find(7) == nullptr);
  CHECK(f.all.total() == 2);
  CHECK(f.subscribers_of({9, 1}) == ids{8});
  CHECK(f.stats.refused == 1);
}

TEST_CASE("Above the total limit the connection that asks is dropped if it has the most modules") {
  fixture f(10, 3);
  CHECK(f.add(8, {1, 1}));
  CHECK(f.add(7, {1, 1}));
  CHECK(f.add(7, {2, 1}));
  CHECK_FALSE(f.add(7, {3, 1}));
  CHECK(f.all.find(7) == nullptr);
  CHECK(f.subscribers_of({1, 1}) == ids{8});
  CHECK(f.subscribers_of({3, 1}).empty());
}

TEST_CASE("A drop that empties the module in question leaves a usable list") {
  fixture f(10, 2);
  CHECK(f.add(7, {1, 1}));
  CHECK(f.add(7, {2, 1}));
  CHECK(f.add(8, {1, 1}));  // 7 was the only subscriber of {1, 1}
  CHECK(f.subscribers_of({1, 1}) == ids{8});
  CHECK(f.all.modules() == 1);
}

TEST_CASE("A dropped connection is closed") {
  net::io_pool pool{1};
  const auto connection =
      std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(pool.context(0)), net::connection_limits{});
  fixture f(1, 100);
  f.all.update_client(1, connection, false);
  CHECK(f.all.add(1, {1, 1}));
  CHECK_FALSE(f.all.add(1, {2, 1}));
  pool.context(0).restart();
  pool.context(0).poll();
  CHECK_FALSE(connection->is_open());
}

TEST_CASE("A connection is known from its registration to its removal") {
  fixture f(10, 100);
  CHECK(f.all.find(1) == nullptr);
  f.all.update_client(1, {}, true);
  f.all.add(1, {1, 1});
  REQUIRE(f.all.find(1) != nullptr);
  CHECK(f.all.find(1)->extended);
  CHECK(f.all.find(1)->modules == std::vector<route_key>{{1, 1}});
  f.all.remove(1);
  CHECK(f.all.find(1) == nullptr);
}

}  // namespace lars::dns::subscriptions_test
