#include "http/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <stdexcept>

#include "net/as_result.hpp"
#include "support/simulated_loop.hpp"

namespace lars::run_until_test {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct running {
  ~running() { loop.time.abandon(); }

  asio::awaitable<void> work(base::duration length) {
    net::timer pause(co_await asio::this_coro::executor, length);
    const auto [failure] = co_await pause.async_wait(net::as_result);
    (failure ? cancelled : finished) = true;
  }
  static asio::awaitable<void> fail() {
    throw std::runtime_error("planted");
    co_return;
  }
  void run(asio::awaitable<bool> both) {
    asio::co_spawn(loop.context, std::move(both), [this](const std::exception_ptr& thrown, bool outcome) {
      failed = thrown != nullptr;
      result = outcome;
    });
  }

  test::simulated_loop loop;
  bool finished = false;
  bool cancelled = false;
  bool failed = false;
  std::optional<bool> result;
};

}  // namespace

TEST_CASE("work that ends in time ends the wait") {
  running one;
  net::timer limit(one.loop.context, 10s);
  one.run(http::run_until(one.work(5s), limit));
  one.loop.run_for(4s);
  CHECK_FALSE(one.result);
  one.loop.run_for(1s);
  CHECK(one.result == true);
  CHECK(one.finished);
}

TEST_CASE("work that takes longer is cancelled, by the time or by whoever cancels the timer") {
  running late;
  net::timer limit(late.loop.context, 10s);
  late.run(http::run_until(late.work(20s), limit));
  late.loop.run_for(10s);
  CHECK(late.result == false);
  CHECK(late.cancelled);

  late.result.reset();
  net::timer open(late.loop.context, base::time_point::max());
  late.run(http::run_until(late.work(20s), open));
  late.loop.run_for(1s);
  CHECK_FALSE(late.result);
  open.cancel();
  late.loop.settle();
  CHECK(late.result == false);
}

TEST_CASE("an exception of the work is thrown at once; one of the other ends the work") {
  running one;
  net::timer limit(one.loop.context, 10s);
  one.run(http::run_until(running::fail(), limit));
  one.loop.settle();
  CHECK(one.failed);

  one.run(http::run_until(one.work(5s), running::fail()));
  one.loop.settle();
  CHECK(one.result == false);
  CHECK(one.cancelled);
}

}  // namespace lars::run_until_test
