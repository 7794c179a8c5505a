#include "net/blocking_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/simulated_loop.hpp"

namespace lars::net::blocking_pool_test {

TEST_CASE("in virtual time calls run in the loop, in the order in which they were made") {
  test::simulated_loop loop;
  blocking_pool pool(4);
  std::string order;
  std::thread::id where;
  auto work = [&](char name) -> asio::awaitable<void> {
    auto call = [&order, &where, name] {
      where = std::this_thread::get_id();
      order += name;
      return name;
    };
    const char result = co_await pool.run(std::move(call));
    order += result;
  };
  asio::co_spawn(loop.context, work('a'), asio::detached);
  asio::co_spawn(loop.context, work('b'), asio::detached);
  CHECK(order.empty());

  loop.settle();

  CHECK(order == "aabb");
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("in virtual time the exception of a call reaches who awaits it") {
  test::simulated_loop loop;
  blocking_pool pool(1);
  std::string reason;
  auto work = [&]() -> asio::awaitable<void> {
    auto call = [] { throw std::runtime_error("planted"); };
    try {
      co_await pool.run(std::move(call));
    } catch (const std::runtime_error& failure) {
      reason = failure.what();
    }
  };
  asio::co_spawn(loop.context, work(), asio::detached);
  loop.settle();
  pool.join();
  CHECK(reason == "planted");
}

}  // namespace lars::net::blocking_pool_test
