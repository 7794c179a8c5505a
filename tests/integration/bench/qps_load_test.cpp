#include "bench/qps_load.hpp"

#include <catch2/catch.hpp>

#include "bench/udp_echo.hpp"

namespace lars::qps_load_test {

using namespace std::chrono_literals;
using namespace lars::bench;

namespace {

// The echo answers every request with module 1 1.
load_config load_on(const udp_echo& echo) {
  load_config load;
  load.target = echo.where();
  load.modules = {{1, 1}};
  load.lasts = 150ms;
  load.bare = load.one_port = true;
  return load;
}

}  // namespace

TEST_CASE("a load on the echo is answered, with and without reports, by one client and by several") {
  const auto echo = udp_echo::start(std::nullopt);
  REQUIRE(echo);
  for (const bool report : {true, false})
    for (const std::size_t window : {1u, 16u}) {
      auto load = load_on(**echo);
      load.threads = 2;
      load.report = report;
      load.window = window;
      const auto figures = run_load(load);
      REQUIRE(figures);
      CHECK(figures->calls > 0);
      CHECK(figures->errors == 0);
      CHECK(figures->p50_us > 0);
      CHECK(figures->p999_us >= figures->p50_us);
    }
  CHECK((*echo)->cpu_time() > 0ns);
}

TEST_CASE("a load on a port where nobody listens ends in time with errors only") {
  lars::endpoint gone;
  {
    const auto echo = udp_echo::start(std::nullopt);
    REQUIRE(echo);
    gone = (*echo)->where();
  }
  load_config load;
  load.target = gone;
  load.modules = {{0, 0}};
  load.lasts = 50ms;
  load.bare = true;
  const auto figures = run_load(load);
  REQUIRE(figures);
  CHECK(figures->calls == 0);
  CHECK(figures->errors > 0);
}

TEST_CASE("an unknown processor is refused") {
  load_config load;
  load.modules = {{1, 1}};
  load.lasts = 1ms;
  load.cpu = 100000;
  CHECK_FALSE(run_load(load));
}

}  // namespace lars::qps_load_test
