#include "bench/tick_histogram.hpp"

#include <catch2/catch.hpp>

namespace lars::tick_histogram_test {

using lars::bench::tick_histogram;

TEST_CASE("an empty histogram has only percentiles of 0") {
  const tick_histogram none{};
  CHECK(none.total() == 0);
  CHECK(none.percentile(0.5) == 0);
  CHECK(none.percentile(1) == 0);
}

TEST_CASE("short times are exact") {
  tick_histogram times{};
  for (std::uint64_t ticks = 0; ticks < 100; ++ticks) times.add(ticks);
  CHECK(times.total() == 100);
  CHECK(times.percentile(0) == 0);
  CHECK(times.percentile(0.5) == 50);
  CHECK(times.percentile(0.99) == 99);
  CHECK(times.percentile(1) == 99);
}

TEST_CASE("long times are exact to two per cent, too long ones count as the longest") {
  for (std::uint64_t ticks = 1; ticks < (std::uint64_t{1} << 40); ticks = ticks * 3 + 1) {
    tick_histogram times{};
    times.add(ticks);
    CHECK(static_cast<double>(times.percentile(0.5)) == Approx(static_cast<double>(ticks)).epsilon(0.02));
  }
  tick_histogram times{};
  times.add(UINT64_MAX);
  CHECK(times.percentile(1) > (std::uint64_t{1} << 39));
}

TEST_CASE("a rare long time shows in the last percentile alone, and sums cover both histograms") {
  tick_histogram times{}, more{};
  for (int i = 0; i < 998; ++i) times.add(100);
  for (int i = 0; i < 2; ++i) more.add(1'000'000);
  times.add(more);
  CHECK(times.total() == 1000);
  CHECK(times.percentile(0.99) == Approx(100).epsilon(0.02));
  CHECK(times.percentile(0.999) == Approx(1'000'000).epsilon(0.02));
}

}  // namespace lars::tick_histogram_test
