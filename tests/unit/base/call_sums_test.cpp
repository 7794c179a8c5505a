#include "base/call_sums.hpp"

#include <catch2/catch.hpp>

namespace lars::call_sums_test {

using namespace lars::base;

TEST_CASE("a latency is counted in the first bucket that reaches it") {
  CHECK(latency_bucket_of(1) == 0);
  CHECK(latency_bucket_of(500) == 0);
  CHECK(latency_bucket_of(501) == 1);
  CHECK(latency_bucket_of(1000) == 1);
  CHECK(latency_bucket_of(latency_bound_us(14)) == 14);
  CHECK(latency_bucket_of(latency_bound_us(14) + 1) == 15);
  CHECK(latency_bucket_of(UINT64_MAX) == 15);
}

TEST_CASE("sums are added field by field") {
  call_sums a{1, 2, 3, 4, {5}};
  a.latency[15] = 6;
  call_sums b{10, 20, 30, 40, {50}};
  b += a;
  call_sums wanted{11, 22, 33, 44, {55}};
  wanted.latency[15] = 6;
  CHECK(b == wanted);
  CHECK(b.calls() == 33);
  CHECK_FALSE(b.empty());
  CHECK(call_sums{}.empty());
}

TEST_CASE("a quantile lies within the bucket that holds its rank") {
  call_sums sums;
  CHECK_FALSE(latency_quantile_us(sums, 0.5));
  sums.latency[3] = 100;  // 2 to 4 ms
  CHECK(*latency_quantile_us(sums, 0.5) == Approx(3000));
  CHECK(*latency_quantile_us(sums, 1.0) == Approx(4000));
  sums.latency[0] = 100;
  CHECK(*latency_quantile_us(sums, 0.5) == Approx(500));
  CHECK(*latency_quantile_us(sums, 0.25) == Approx(250));
  CHECK(*latency_quantile_us(sums, 0.99) == Approx(2000 + 2000 * 0.98));
}

TEST_CASE("one slow call in a hundred shows in the 99th percentile only when there is more than one") {
  call_sums sums;
  sums.latency[1] = 99;
  sums.latency[10] = 1;
  CHECK(*latency_quantile_us(sums, 0.99) <= 1000);
  sums.latency[10] = 2;
  CHECK(*latency_quantile_us(sums, 0.99) > 256'000);
}

}  // namespace lars::call_sums_test
