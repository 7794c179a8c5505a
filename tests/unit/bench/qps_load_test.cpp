#include "bench/qps_load.hpp"

#include <catch2/catch.hpp>

namespace lars::qps_load_test {

using namespace std::chrono_literals;
using lars::bench::client_record;
using lars::bench::figures_of;

TEST_CASE("calls of all clients count, per second of the load") {
  const auto figures = figures_of({client_record{{1000, 2000}, 1}, client_record{{3000}, 2}}, 2s);
  CHECK(figures.calls == 3);
  CHECK(figures.errors == 3);
  CHECK(figures.calls_per_second == Approx(1.5));
  CHECK(figures.p50_us == Approx(2.0));
}

TEST_CASE("percentiles are taken over all clients together, whatever the order of calls") {
  client_record slow, fast;
  for (std::uint32_t i = 1000; i > 500; --i) slow.nanoseconds.push_back(i * 1000);
  for (std::uint32_t i = 1; i <= 500; ++i) fast.nanoseconds.push_back(i * 1000);
  const auto figures = figures_of({slow, fast}, 1s);
  CHECK(figures.p50_us == Approx(500).margin(1));
  CHECK(figures.p99_us == Approx(990).margin(1));
  CHECK(figures.p999_us == Approx(999).margin(1));
}

TEST_CASE("a load without a single answer has no figures but its errors") {
  const auto figures = figures_of({client_record{{}, 7}}, 1s);
  CHECK(figures.calls == 0);
  CHECK(figures.calls_per_second == 0);
  CHECK(figures.errors == 7);
}

}  // namespace lars::qps_load_test
