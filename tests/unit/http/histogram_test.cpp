#include "http/histogram.hpp"

#include <catch2/catch.hpp>

namespace lars::histogram_test {

using namespace lars::http;

TEST_CASE("an observation counts in its bucket and all above; a value equal to a bound counts in it") {
  histogram seen({0.1, 1, 10});
  for (const double value : {0.05, 0.1, 0.5, 3.0, 100.0}) seen.observe(value);
  const auto metric = seen.read("lars_x_seconds", "x");
  REQUIRE(metric.samples.size() == 1);
  const auto& sample = metric.samples.front();
  REQUIRE(sample.buckets.size() == 3);
  CHECK(sample.buckets[0].count == 2);
  CHECK(sample.buckets[1].count == 3);
  CHECK(sample.buckets[2].count == 4);
  CHECK(sample.count == 5);
  CHECK(sample.value == Approx(103.65));
}

}  // namespace lars::histogram_test
