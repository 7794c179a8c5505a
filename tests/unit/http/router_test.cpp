#include "http/router.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

namespace lars::router_test {

using namespace lars::http;

namespace {

request asked(const std::string& method, const std::string& path) { return {method, path, {}, {}, true}; }

router with_routes() {
  router routes;
  routes.add("GET", "/a", [](const request&) { return response{200, "a"}; });
  routes.add("POST", "/a", [](const request& one) { return response{201, one.body}; });
  routes.add("GET", "/broken", [](const request&) -> response { throw std::runtime_error("secret"); });
  return routes;
}

}  // namespace

TEST_CASE("path and method select the handler; HEAD uses that of GET") {
  const router routes = with_routes();
  CHECK(routes.answer(asked("GET", "/a")).body == "a");
  CHECK(routes.answer(asked("HEAD", "/a")).status == 200);
  CHECK(routes.answer(asked("POST", "/a")).status == 201);
}

TEST_CASE("an unknown path is 404 and an unknown method 405 with those that are allowed") {
  const router routes = with_routes();
  CHECK(routes.answer(asked("GET", "/b")).status == 404);
  CHECK(routes.answer(asked("GET", "/a/")).status == 404);
  const auto refused = routes.answer(asked("DELETE", "/a"));
  CHECK(refused.status == 405);
  REQUIRE(refused.headers.size() == 1);
  CHECK(refused.headers.front().second == "GET, POST, HEAD");
}

TEST_CASE("a handler that throws gives 500 without details") {
  const auto answer = with_routes().answer(asked("GET", "/broken"));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
}

}  // namespace lars::router_test
