#include "http/router.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "log/log.hpp"
#include "support/run_now.hpp"

namespace lars::router_test {

using namespace lars::http;

namespace {

// A body receiver that has nothing to receive, or refuses.
struct receiver {
  std::optional<response> refusal;
  std::vector<std::size_t> limits;  // of each call

  body_receiver function() {
    return [this](request&, const body_limits& most) -> asio::awaitable<std::optional<response>> {
      limits.push_back(most.bytes);
      co_return refusal;
    };
  }
};

response answer(const router& routes, const std::string& method, const std::string& path, receiver body = {}) {
  request asked{method, path, {}, {}, true};
  const auto receive = body.function();
  return test::run_now(routes.answer(asked, receive));
}

middleware mark(std::string name) {
  return [name](request& asked, const handler& next) -> asio::awaitable<response> {
    asked.id += name;
    auto given = co_await next(asked);
    given.body += name;
    co_return given;
  };
}

router with_routes() {
  router routes;
  routes.add("GET", "/a", [](const request&) { return response{200, "a"}; });
  routes.add("POST", "/a", [](const request& one) { return response{201, one.body}; });
  routes.add("GET", "/broken", [](const request&) -> response { throw std::runtime_error("secret"); });
  routes.add("GET", "/v1/{what}", [](request& one) -> asio::awaitable<response> {
    co_return response{200, std::string(one.parameter("what")) + std::string(one.parameter("other"))};
  });
  routes.add("GET", "/v1/fixed", [](const request&) { return response{200, "fixed one"}; });
  return routes;
}

}  // namespace

TEST_CASE("path and method select the handler; HEAD uses that of GET") {
  const router routes = with_routes();
  CHECK(answer(routes, "GET", "/a").body == "a");
  CHECK(answer(routes, "HEAD", "/a").status == 200);
  CHECK(answer(routes, "POST", "/a").status == 201);
}

TEST_CASE("parameters of the path are handed over, and the more specific pattern answers") {
  const router routes = with_routes();
  CHECK(answer(routes, "GET", "/v1/x%20y").body == "x y");
  CHECK(answer(routes, "GET", "/v1/fixed").body == "fixed one");
}

TEST_CASE("an unknown path is 404 and an unknown method 405 with those that are allowed") {
  const router routes = with_routes();
  CHECK(answer(routes, "GET", "/b").status == 404);
  CHECK(answer(routes, "GET", "/a/").status == 404);
  CHECK(answer(routes, "OPTIONS", "*").status == 404);
  const auto refused = answer(routes, "DELETE", "/a");
  CHECK(refused.status == 405);
  REQUIRE(refused.headers.size() == 1);
  CHECK(refused.headers.front().second == "GET, POST, HEAD");
}

TEST_CASE("a path that cannot be decoded is 400") { CHECK(answer(with_routes(), "GET", "/v1/%zz").status == 400); }

TEST_CASE("a handler that throws gives 500 without details") {
  const auto given = answer(with_routes(), "GET", "/broken");
  CHECK(given.status == 500);
  CHECK(given.body.find("secret") == std::string::npos);
}

TEST_CASE("middleware runs from the outermost to the innermost and back") {
  router routes;
  routes.add("GET", "/",
             [](const request& asked) {
               return response{200, asked.id + ':'};
             },
             {.body = {}, .chain = {mark("a"), mark("b")}});
  CHECK(answer(routes, "GET", "/").body == "ab:ba");
}

TEST_CASE("the body is received within the route's limit, after middleware has let the request pass") {
  router routes;
  const auto one = [](const request&) { return response{200, "done"}; };
  const middleware closed = [](request&, const handler&) -> asio::awaitable<response> { co_return problem(401, ""); };
  routes.add("POST", "/large", one, {.body = {.bytes = 1000}, .chain = {}});
  routes.add("POST", "/closed", one, {.body = {}, .chain = {closed}});
  request asked{"POST", "/large", {}, {}, true};
  receiver body;
  const auto receive = body.function();
  CHECK(test::run_now(routes.answer(asked, receive)).body == "done");
  asked.path = "/closed";
  CHECK(test::run_now(routes.answer(asked, receive)).status == 401);
  asked.path = "/unknown";
  CHECK(test::run_now(routes.answer(asked, receive)).status == 404);
  CHECK(body.limits == std::vector<std::size_t>{1000, 0});

  body.refusal = problem(413, "");
  for (const char* path : {"/large", "/unknown"}) {
    asked.path = path;
    CHECK(test::run_now(routes.answer(asked, receive)).status == 413);
  }
}

}  // namespace lars::router_test
