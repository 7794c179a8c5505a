#include "lab/statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "lab/duration_law.hpp"
#include "lab/latency_histogram.hpp"
#include "lab/phase_meter.hpp"

namespace lars::statistics_test {

using namespace lars::lab;
using namespace std::chrono_literals;

TEST_CASE("mean, deviation and the interval of a known sample") {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(mean_of(values) == Approx(5));
  CHECK(deviation_of(values) == Approx(2));
  CHECK(estimate_of(values).half_width == Approx(2.365 * std::sqrt(32.0 / 7 / 8)));
  CHECK(estimate_of(std::vector<double>{3}).half_width == 0);
  CHECK(mean_of({}) == 0);
}

TEST_CASE("19 of 20 intervals hold the true mean") {
  lars::base::random_source random(5);
  int holds = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> values;
    for (int k = 0; k < 5; ++k) values.push_back(10 + draw_normal(random));
    const auto found = estimate_of(values);
    holds += std::abs(found.mean - 10) <= found.half_width;
  }
  CHECK(holds > 1860);
  CHECK(holds < 1940);
}

TEST_CASE("quantiles are exact to 1/256, from nanoseconds to minutes") {
  latency_histogram all;
  for (int i = 1; i <= 100000; ++i) all.add(i * 1us);
  for (const double share : {0.001, 0.5, 0.99, 0.999, 1.0}) {
    INFO(share);
    CHECK(std::abs(milliseconds_of(all.quantile(share)) / (100 * share) - 1) < 1.0 / 256);
  }
  latency_histogram far;
  far.add(0ns);
  far.add(127ns);
  far.add(60s);
  CHECK(far.quantile(0.3) == 0ns);
  CHECK(far.quantile(0.6) == 127ns);
  CHECK(std::abs(seconds_of(far.quantile(1)) / 60 - 1) < 1.0 / 256);
  CHECK(latency_histogram().quantile(0.5) == 0ns);
}

TEST_CASE("a phase counts goodput, errors, shares and CPU of its own time alone") {
  phase_meter meter({2, 2});
  meter.begin(10s, {1s, 2s});
  for (int i = 0; i < 3; ++i) meter.note_pick(0, 10s + i * 1ms);
  meter.note_pick(1, 10s + 50ms);
  meter.note_pick(1, 10s + 150ms);  // another tick
  for (int i = 0; i < 3; ++i) meter.note_end(call_end::success, 10ms);
  meter.note_end(call_end::rejection, 1ms);
  meter.note_end(call_end::timeout, 5s);
  const auto found = meter.end(12s, {3s, 3s});
  CHECK(found.goodput == Approx(1.5));
  CHECK(found.error_rate == Approx(0.4));
  CHECK(found.max_share == 1);
  CHECK(found.cpu_max_min == Approx(2));
  CHECK(found.cpu_sigma == Approx(12.5));
  CHECK(found.server_qps == std::vector<double>{1.5, 1});
  CHECK(std::abs(found.p99_ms / 5000 - 1) < 0.01);  // a timeout counts, at its deadline
  CHECK(std::abs(found.p50_ms / 10 - 1) < 0.01);    // a refusal does not
}

TEST_CASE("convergence is when the spread reaches its final level") {
  CHECK(convergence_of({9, 8, 6, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1}) == 5);
  CHECK(convergence_of({1, 1, 1, 1, 1, 1}) == 0);
  CHECK(convergence_of({}) == 0);
}

}  // namespace lars::statistics_test
