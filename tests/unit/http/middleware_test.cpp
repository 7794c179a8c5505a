#include "http/middleware.hpp"

#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "http/metric.hpp"
#include "net/as_result.hpp"
#include "net/timer.hpp"
#include "support/run_now.hpp"
#include "support/simulated_loop.hpp"

namespace lars::middleware_test {

using namespace lars::http;
using namespace std::chrono_literals;

namespace {

const handler hello = [](request& asked) -> asio::awaitable<response> { co_return response{200, "hello " + asked.id}; };

response pass(const middleware& through, request& asked) { return test::run_now(through(asked, hello)); }

std::string id_of(const response& given) {
  for (const auto& [name, value] : given.headers)
    if (name == "X-Request-Id") return value;
  return "";
}

// Handlers that take time, in virtual time.
struct limited {
  ~limited() { loop.time.abandon(); }

  void ask(const handler& next) {
    boost::asio::co_spawn(loop.context, limit(asked, next), [this](const std::exception_ptr& failure, response answer) {
      failed = failure != nullptr;
      given = std::move(answer);
    });
    loop.settle();
  }

  test::simulated_loop loop;
  middleware limit = limit_time(10s);
  request asked;
  std::optional<response> given;
  bool failed = false;
  bool cancelled = false;
};

}  // namespace

TEST_CASE("a guard refuses, or lets pass and says who asks") {
  const auto only_root = guard([](request& asked) -> asio::awaitable<std::optional<response>> {
    if (asked.field("authorization").empty()) co_return problem(401, "");
    asked.principal = std::string("root");
    co_return std::nullopt;
  });
  request asked;
  CHECK(pass(only_root, asked).status == 401);
  CHECK_FALSE(asked.principal.has_value());
  asked.fields = {{"authorization", "Bearer x"}};
  CHECK(pass(only_root, asked).status == 200);
  CHECK(std::any_cast<std::string>(asked.principal) == "root");
}

TEST_CASE("requests for foreign hosts are refused") {
  const auto check = check_host({"lars.example"});
  request asked;
  CHECK(pass(check, asked).status == 400);
  asked.host = "evil.example";
  CHECK(pass(check, asked).status == 421);
  asked.host = "lars.example:7780";
  CHECK(pass(check, asked).status == 200);
}

TEST_CASE("a request has an id of its own, or that of the peer") {
  const auto ids = request_ids(1);
  request first, second;
  const auto given = pass(ids, first);
  CHECK(first.id.size() == 16);
  CHECK(id_of(given) == first.id);
  CHECK(given.body == "hello " + first.id);
  pass(ids, second);
  CHECK(second.id != first.id);

  request named;
  named.fields = {{"x-request-id", "Abc-1_2.3"}};
  CHECK(id_of(pass(ids, named)) == "Abc-1_2.3");
  for (const auto& bad : {std::string("a b"), std::string("a\"b"), std::string(65, 'a')}) {
    named.fields = {{"x-request-id", bad}};
    CHECK(id_of(pass(ids, named)).size() == 16);
  }
}

TEST_CASE("what takes too long is cancelled and answered with 503") {
  limited one;
  const auto wait = [&one](base::duration time) -> handler {
    return [&one, time](request&) -> asio::awaitable<response> {
      net::timer pause(co_await asio::this_coro::executor, time);
      const auto [failure] = co_await pause.async_wait(net::as_result);
      one.cancelled = failure.failed();
      co_return response{200, "done"};
    };
  };
  const auto quick = wait(9s), slow = wait(11s);
  one.ask(quick);
  CHECK_FALSE(one.given);
  one.loop.run_for(9s);
  REQUIRE(one.given);
  CHECK(one.given->body == "done");

  one.given.reset();
  one.ask(slow);
  one.loop.run_for(10s);
  REQUIRE(one.given);
  CHECK(one.given->status == 503);
  CHECK(one.cancelled);
}

TEST_CASE("an exception passes the time limit at once") {
  limited one;
  const handler fail = [](request&) -> asio::awaitable<response> {
    throw std::runtime_error("planted");
    co_return response{};
  };
  one.ask(fail);
  CHECK(one.failed);
}

TEST_CASE("latencies are observed") {
  const auto latency = std::make_shared<histogram>(std::initializer_list<double>{1, 10});
  request asked;
  pass(measure(latency), asked);
  CHECK(latency->read("a", "b").samples.front().count == 1);
}

}  // namespace lars::middleware_test
