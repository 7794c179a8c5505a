#include "lab/duration_law.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "lab/statistics.hpp"

namespace lars::duration_law_test {

using namespace lars::lab;
using lars::base::random_source;

namespace {

constexpr int draws = 200000;

// Draws of a law with a mean of 10 ms, divided by the mean.
std::vector<double> drawn(law_kind kind, double cv, std::uint64_t seed) {
  const duration_law law{kind, std::chrono::milliseconds(10), cv};
  random_source random(seed);
  std::vector<double> values;
  for (int i = 0; i < draws; ++i) values.push_back(milliseconds_of(law.draw(random)) / 10);
  return values;
}

}  // namespace

TEST_CASE("every law has the given mean and deviation") {
  const auto kind = GENERATE(law_kind::gamma, law_kind::lognormal);
  const double cv = GENERATE(0.2, 0.5, 0.7, 1.0, 1.5);
  INFO(static_cast<int>(kind) << ' ' << cv);
  const auto values = drawn(kind, cv, 11);
  CHECK(std::abs(mean_of(values) - 1) < 5 * cv / std::sqrt(draws));
  CHECK(std::abs(deviation_of(values) / cv - 1) < (kind == law_kind::lognormal ? 0.04 : 0.015));
}

TEST_CASE("an exponential has the deviation of its mean, and 1/e of its draws are above the mean") {
  const auto values = drawn(law_kind::exponential, 1, 3);
  CHECK(std::abs(mean_of(values) - 1) < 0.012);
  CHECK(std::abs(deviation_of(values) - 1) < 0.012);
  const auto above = static_cast<double>(std::count_if(values.begin(), values.end(), [](double v) { return v > 1; }));
  CHECK(std::abs(above / draws - std::exp(-1)) < 0.005);
}

TEST_CASE("a fixed duration is constant, and takes no draw") {
  random_source random(1);
  random_source untouched(1);
  CHECK(duration_law{law_kind::fixed, instant(77)}.draw(random) == instant(77));
  CHECK(random() == untouched());
}

TEST_CASE("the same seed gives the same durations, to the nanosecond, as when this was written") {
  random_source random(2026);
  const duration_law law{law_kind::gamma, std::chrono::milliseconds(12), 0.5};
  const duration_law other{law_kind::lognormal, std::chrono::milliseconds(12), 1.2};
  CHECK(law.draw(random) == instant(6793300));
  CHECK(other.draw(random) == instant(17472648));
  CHECK(instant(static_cast<instant::rep>(draw_gamma(random, 1.5) * 1e9)) == instant(5358743483));
}

}  // namespace lars::duration_law_test
