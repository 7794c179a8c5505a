#include "lab/server.hpp"

#include <catch2/catch.hpp>

namespace lars::server_test {

using namespace lars::lab;
using namespace std::chrono_literals;

namespace {

server_spec cores(int count, int background = 0) { return {"any", count, background, {law_kind::fixed, 10ms, 1}}; }

// Ends so many ticks from `from` on, with the server as busy as it is.
instant pass(server& one, instant from, int ticks) {
  for (int i = 1; i <= ticks; ++i) one.end_tick(from + i * tick);
  return from + ticks * tick;
}

}  // namespace

TEST_CASE("calls wait when every core is taken, and run first come, first served") {
  server one(cores(2), {}, std::nullopt);
  CHECK(one.arrive({1, 10ms}, 0ms));
  CHECK(one.arrive({2, 10ms}, 0ms));
  CHECK_FALSE(one.arrive({3, 10ms}, 1ms));
  CHECK_FALSE(one.arrive({4, 10ms}, 2ms));
  CHECK(one.waiting() == 2);
  CHECK(one.finish(10ms)->call == 3);
  CHECK(one.finish(10ms)->call == 4);
  CHECK_FALSE(one.finish(20ms));
  CHECK_FALSE(one.finish(20ms));
  CHECK(one.running() == 0);
}

TEST_CASE("core time is that of calls and background cores; background cores take no calls") {
  server one(cores(2, 1), {}, std::nullopt);
  CHECK(one.busy_until(100ms) == 100ms);
  CHECK(one.arrive({1, 30ms}, 100ms));
  CHECK_FALSE(one.arrive({2, 30ms}, 100ms));
  CHECK(one.finish(130ms)->call == 2);
  CHECK_FALSE(one.finish(160ms));
  CHECK(one.busy_until(200ms) == 260ms);
}

TEST_CASE("the report is the last second's: CPU of all cores, ends and failures a second, of one window") {
  server one(cores(4), {}, limiter_config{});
  one.arrive({1, 0ms}, 0ms);
  auto now = pass(one, 0ms, 5);
  CHECK(one.report().utilization == Approx(0.125));  // one of four cores for half of the second
  one.finish(now);
  one.refused(100ms);
  now = pass(one, now, 5);
  CHECK(one.report().utilization == Approx((0.5 + 0.006) / 4));
  CHECK(one.report().qps == Approx(2));
  CHECK(one.report().eps == Approx(1));
  pass(one, now, 10);
  CHECK(one.report().utilization == 0);
  CHECK(one.report().qps == 0);
}

TEST_CASE("a shift moves only the window of qps and eps") {
  server one(cores(1), {1s, 1s}, std::nullopt);
  one.arrive({1, 0ms}, 0ms);
  one.finish(50ms);
  auto now = pass(one, 0ms, 10);
  CHECK(one.report().utilization == Approx(0.05));
  CHECK(one.report().qps == 0);
  pass(one, now, 10);
  CHECK(one.report().utilization == 0);
  CHECK(one.report().qps == Approx(1));
}

TEST_CASE("a server that died has no history and takes calls again once started") {
  server one(cores(1), {}, std::nullopt);
  one.arrive({1, 10ms}, 0ms);
  one.arrive({2, 10ms}, 0ms);
  one.die(5ms);
  CHECK_FALSE(one.alive());
  CHECK(one.waiting() == 0);
  CHECK(one.busy_until(100ms) == 5ms);
  one.start();
  CHECK(one.arrive({3, 10ms}, 100ms));
}

TEST_CASE("the limiter's share follows the CPU's distance from its target and stays within 0 and 1") {
  limiter one({0.55, 0.15, tick, 0.06, 1ms});
  one.observe(0.2);
  CHECK(one.share() == 0);
  one.observe(0.75);
  CHECK(one.share() == Approx(0.03));
  one.observe(0.65);
  CHECK(one.share() == Approx(0.045));
  CHECK(one.refuses(0.04));
  CHECK_FALSE(one.refuses(0.05));
  for (int i = 0; i < 100; ++i) one.observe(1);
  CHECK(one.share() == 1);
}

TEST_CASE("a limiter with a longer period waits for it") {
  limiter one({0.5, 0.1, 3 * tick, 0, 0ms});
  one.observe(1);
  one.observe(1);
  CHECK(one.share() == 0);
  one.observe(1);
  CHECK(one.share() == Approx(0.05));
}

}  // namespace lars::server_test
