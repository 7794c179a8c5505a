#include "balance/load/peak_ewma.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace lars::peak_ewma_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

constexpr ewma_terms terms{10s, 1s};
constexpr observation call(std::uint64_t us) { return {1, 0, us, us}; }
constexpr observation failure(std::uint64_t us) { return {1, 1, us, us}; }

}  // namespace

TEST_CASE("a longer latency counts at once, a shorter one as time passes") {
  peak_ewma one;
  time_point now{100s};
  CHECK_FALSE(one.known());
  one.observe(call(10'000), terms, now);
  CHECK(one.ns() == Approx(10e6));
  one.observe(call(50'000), terms, now);
  CHECK(one.ns() == Approx(50e6));
  now += 10s;
  one.observe(call(10'000), terms, now);
  CHECK(one.ns() == Approx(10e6 + 40e6 * std::exp(-1)).epsilon(1e-4));
}

TEST_CASE("a failure counts as the slowest of what it was, twice the average, and the least a failure costs") {
  peak_ewma quick;
  const time_point now{100s};
  quick.observe(call(1'000), terms, now);
  quick.observe(failure(200), terms, now);
  CHECK(quick.ns() == Approx(1e9));
  quick.observe(failure(200), terms, now);
  CHECK(quick.ns() == Approx(2e9));
  quick.observe(failure(9'000'000), terms, now);
  CHECK(quick.ns() == Approx(9e9));
  for (int i = 0; i < 10; ++i) quick.observe(failure(1), terms, now);
  CHECK(quick.ns() == Approx(30e9));
}

TEST_CASE("calls counted together count as their average, and their longest where it is news") {
  peak_ewma one;
  const time_point now{100s};
  one.observe({10, 0, 100'000, 40'000}, terms, now);
  CHECK(one.ns() == Approx(40e6));
  peak_ewma untold;
  untold.observe({5, 0, 0, 0}, terms, now);
  CHECK_FALSE(untold.known());
}

TEST_CASE("a host that nobody calls drifts towards the fleet's median") {
  peak_ewma one;
  time_point now{100s};
  one.observe(call(1'000), terms, now);
  one.drift(20e6, terms, now + 500ms);
  CHECK(one.ns() == Approx(1e6));
  for (int i = 0; i < 600; ++i) one.drift(20e6, terms, now += 2s);
  CHECK(one.ns() == Approx(20e6).epsilon(0.01));
}

}  // namespace lars::peak_ewma_test
