#include "reporter/clock_watch.hpp"

#include <catch2/catch.hpp>

namespace lars::clock_watch_test {

using lars::reporter::clock_watch;
using namespace std::chrono_literals;

namespace {

const base::time_point start = base::time_point{} + 24h;

}  // namespace

TEST_CASE("an agent whose clock is wrong is named once an hour") {
  clock_watch watch;
  CHECK(watch.record(1, 100, start));
  CHECK_FALSE(watch.record(1, 101, start + 59min));
  CHECK(watch.record(2, -100, start + 59min));
  CHECK(watch.record(1, 102, start + 61min));
}

TEST_CASE("a fleet of wrong clocks is not named one by one for ever") {
  clock_watch watch;
  int named = 0;
  for (std::uint32_t caller = 0; caller < 5000; ++caller) named += watch.record(caller, 100, start);
  CHECK(named == 1000);
}

TEST_CASE("the clock that is furthest off counts for a minute") {
  clock_watch watch;
  CHECK(watch.worst(start) == 0);
  watch.record(1, 100, start);
  watch.record(2, -5000, start);
  watch.record(3, 200, start + 30s);
  CHECK(watch.worst(start + 59s) == -5000);
  CHECK(watch.worst(start + 61s) == 0);
  watch.record(3, 200, start + 62s);
  CHECK(watch.worst(start + 63s) == 200);
}

}  // namespace lars::clock_watch_test
