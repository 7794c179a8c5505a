#include "net/virtual_time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "net/as_result.hpp"
#include "net/timer.hpp"
#include "support/simulated_loop.hpp"

namespace lars::net::virtual_time_test {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

TEST_CASE("the process's clock stands still until time is moved") {
  virtual_time time;
  const auto start = base::clock::now();
  const auto utc = base::unix_seconds();

  time.advance_to(start + 90s);

  CHECK(base::clock::now() == start + 90s);
  CHECK(base::unix_seconds() == utc + 90);
}

TEST_CASE("without virtual time the clock is the system's") {
  { virtual_time gone; }
  CHECK(base::clock::now() >= base::time_point(std::chrono::steady_clock::now()) - 1h);
  CHECK(virtual_time::current() == nullptr);
}

TEST_CASE("waits end in the order of their times, equal ones in the order they began") {
  test::simulated_loop loop;
  std::string order;
  timer late(loop.context, 20ms);
  timer first(loop.context, 10ms);
  timer second(loop.context, 10ms);
  late.async_wait([&](error_code) { order += "late "; });
  first.async_wait([&](error_code) { order += "first "; });
  second.async_wait([&](error_code) { order += "second "; });

  loop.run_for(9ms);
  CHECK(order.empty());
  loop.run_for(1ms);
  CHECK(order == "first second ");
  loop.run_for(1h);
  CHECK(order == "first second late ");
}

TEST_CASE("a timer that is cancelled, set again or destroyed tells its waits") {
  test::simulated_loop loop;
  std::vector<error_code> outcomes;
  const auto note = [&](error_code outcome) { outcomes.push_back(outcome); };
  timer cancelled(loop.context, 10ms);
  timer moved(loop.context, 10ms);
  auto destroyed = std::make_unique<timer>(loop.context, 10ms);
  cancelled.async_wait(note);
  moved.async_wait(note);
  destroyed->async_wait(note);

  cancelled.cancel();
  moved.expires_after(1s);
  destroyed.reset();
  loop.settle();

  CHECK(outcomes == std::vector<error_code>(3, asio::error::operation_aborted));
  CHECK_FALSE(loop.time.next());
}

TEST_CASE("the wait that loses a race is cancelled") {
  test::simulated_loop loop;
  std::size_t winner = 99;
  const auto race = [&]() -> asio::awaitable<void> {
    timer quick(loop.context, 10ms);
    timer slow(loop.context, 1h);
    winner = (co_await (slow.async_wait(as_result) || quick.async_wait(as_result))).index();
  };
  asio::co_spawn(loop.context, race, asio::detached);

  loop.run_for(10ms);

  CHECK(winner == 1);
  CHECK_FALSE(loop.time.next());
}

TEST_CASE("abandoned waits are destroyed and never called") {
  test::simulated_loop loop;
  bool called = false;
  timer waiting(loop.context, 10ms);
  waiting.async_wait([&](error_code) { called = true; });

  loop.time.abandon();
  loop.run_for(1s);

  CHECK_FALSE(called);
}

}  // namespace lars::net::virtual_time_test
