// Health, metrics, reload and watchdog of roles in one process.
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "app/application.hpp"
#include "app/health_routes.hpp"
#include "app/watchdog.hpp"
#include "support/eventually.hpp"
#include "support/run_now.hpp"

namespace lars::operations_test {

using namespace std::chrono_literals;

namespace {

using test::eventually;

http::response answer(const http::router& routes, http::request asked) {
  const http::body_receiver no_body =
      [](http::request&, const http::body_limits&) -> boost::asio::awaitable<std::optional<http::response>> {
    co_return std::nullopt;
  };
  return test::run_now(routes.answer(asked, no_body));
}

http::response get(const http::router& routes, const std::string& path) {
  return answer(routes, {"GET", path, "", "", true});
}

std::string all_turn() { return {}; }

}  // namespace

TEST_CASE("a process is ready if all its roles are; otherwise it says why") {
  std::string reason;
  std::string stuck;
  std::atomic<bool> stopping{false};
  const auto no_metrics = [] { return std::vector<http::metric>(); };
  const auto routes = app::make_health_routes({{"dns", [] { return std::string(); }, no_metrics},
                                               {"agent", [&] { return reason; }, no_metrics},
                                               {"http", {}, no_metrics}},
                                              stopping, [&] { return stuck; });
  CHECK(get(routes, "/readyz").status == 200);
  CHECK(get(routes, "/metrics").body.find("lars_ready{role=\"agent\"} 1\n") != std::string::npos);
  reason = "no dns";
  CHECK(get(routes, "/readyz").status == 503);
  CHECK(get(routes, "/readyz").body.find("agent: no dns") != std::string::npos);
  CHECK(get(routes, "/metrics").body.find("lars_ready{role=\"agent\"} 0\n") != std::string::npos);
  CHECK(get(routes, "/livez").status == 200);
  reason.clear();
  stopping = true;
  CHECK(get(routes, "/readyz").status == 503);
  CHECK(get(routes, "/livez").status == 200);
  stuck = "UDP port 8889";
  CHECK(get(routes, "/livez").status == 503);
  CHECK(get(routes, "/livez").body.find("UDP port 8889") != std::string::npos);
}

TEST_CASE("a degraded role is ready and adds a notice") {
  std::atomic<bool> stopping{false};
  std::string notice;
  app::role_face dns{"dns", [] { return std::string(); }, [] { return std::vector<http::metric>(); }};
  dns.notice = [&] { return notice; };
  const auto routes = app::make_health_routes({dns}, stopping, all_turn);
  CHECK(get(routes, "/readyz").body == "ready\n");
  notice = "routes are 72 s old";
  CHECK(get(routes, "/readyz").status == 200);
  CHECK(get(routes, "/readyz").body == "ready\ndns: routes are 72 s old\n");
}

TEST_CASE("additional paths of a role are served") {
  std::atomic<bool> stopping{false};
  app::role_face agent{"agent", {}, [] { return std::vector<http::metric>(); }};
  agent.add_routes = [](http::router& to) {
    to.add("GET", "/explain", [](const http::request& asked) { return http::response{200, asked.query}; });
  };
  const auto routes = app::make_health_routes({agent}, stopping, all_turn);
  CHECK(answer(routes, {"GET", "/explain", "modid=1", "", true}).body == "modid=1");
  CHECK(answer(routes, {"POST", "/explain", "", "", true}).status == 405);
  CHECK(get(routes, "/livez").status == 200);
}

TEST_CASE("the watchdog stops beating while a thread is stuck, and then continues") {
  net::io_pool pool(3);
  std::atomic<int> alive{0};
  app::watchdog dog({{"io 0", &pool.context(0)}, {"io 1", &pool.context(1)}, {"io 2", &pool.context(2)}}, 5ms,
                    [&] { ++alive; });
  pool.start();
  dog.start();
  CHECK(eventually([&] { return alive > 3; }));
  std::atomic<bool> stuck{true}, in{false};
  boost::asio::post(pool.context(1), [&] {
    in = true;
    while (stuck) std::this_thread::sleep_for(1ms);
  });
  REQUIRE(eventually([&] { return in.load(); }));
  std::this_thread::sleep_for(20ms);  // a round that was nearly over
  const int before = alive;
  std::this_thread::sleep_for(200ms);
  CHECK(alive == before);
  CHECK(dog.stuck(base::clock::now(), 100ms) == "io 1");
  CHECK(dog.stuck(base::clock::now(), 60s).empty());
  stuck = false;
  CHECK(eventually([&] { return alive > before + 3; }));
  dog.stop();
  std::this_thread::sleep_for(20ms);
  const int after = alive;
  std::this_thread::sleep_for(50ms);
  CHECK(alive == after);
  pool.stop();
}

}  // namespace lars::operations_test
