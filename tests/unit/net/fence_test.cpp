#include "net/fence.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "net/blocking_pool.hpp"

namespace lars::fence_test {

using namespace lars::net;

namespace {

[[noreturn]] void fail() { throw std::runtime_error("planted"); }

asio::awaitable<void> fail_in_coroutine() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  fail();
}

// How many exceptions f() led to on a context that runs until it has nothing left to do.
template <class F>
std::uint64_t noted_while(F f) {
  const auto before = exception_count();
  asio::io_context context(1);
  f(context);
  run_fenced(context);
  return exception_count() - before;
}

}  // namespace

TEST_CASE("an exception ends only its own handler") {
  int done = 0;
  CHECK(noted_while([&](asio::io_context& context) {
          for (int i = 0; i < 3; ++i) {
            asio::post(context, [] { fail(); });
            asio::post(context, [] { throw 7; });
            asio::post(context, [&done] { ++done; });
          }
        }) == 6);
  CHECK(done == 3);
}

TEST_CASE("an exception in a fenced handler is logged once, and the next handler runs") {
  bool next = false;
  CHECK(noted_while([&](asio::io_context& context) {
          post(context, "failing", [] { fail(); });
          post(context, "going on", [&next] { next = true; });
        }) == 1);
  CHECK(next);
}

TEST_CASE("an exception of a coroutine is logged by its completion handler") {
  CHECK(noted_while([](asio::io_context& context) {
          asio::co_spawn(context, fail_in_coroutine(), exception_logger("failing"));
        }) == 1);
}

TEST_CASE("keep_running() restarts a loop after each exception until it returns") {
  int turns = 0;
  const auto body = [&turns]() -> asio::awaitable<void> {
    if (++turns < 3) fail();
    co_return;
  };
  CHECK(noted_while([&](asio::io_context& context) {
          asio::co_spawn(context, keep_running("turning", body), exception_logger("turning"));
        }) == 2);
  CHECK(turns == 3);
}

TEST_CASE("an exception of a blocking job is thrown to the awaiting coroutine") {
  blocking_pool pool(1);
  std::string caught;
  const auto ask = [&]() -> asio::awaitable<void> {
    try {
      co_await pool.run([] { fail(); });
    } catch (const std::runtime_error& failure) {
      caught = failure.what();
    }
  };
  CHECK(noted_while([&](asio::io_context& context) { asio::co_spawn(context, ask(), exception_logger("asking")); }) ==
        0);
  CHECK(caught == "planted");
}

}  // namespace lars::fence_test
