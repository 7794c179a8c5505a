#include "balance/load/latency_sample.hpp"

#include <catch2/catch.hpp>

#include "base/random.hpp"

namespace lars::latency_sample_test {

using namespace lars::balance;

namespace {

// Calls that end one after the other.
struct sampled_calls {
  // True where it was timed; `counted_us` is what it counts as.
  bool end(std::uint64_t latency_us) {
    const bool timed = sample.times_next();
    if (timed) sample.record(latency_us, draw());
    counted_us = timed ? latency_us : sample.skip();
    return timed;
  }

  latency_sample sample;
  base::random_source draw{1};
  std::uint64_t counted_us = 0;
};

}  // namespace

TEST_CASE("the first calls of a second are all timed, then one in eight on average") {
  sampled_calls calls;
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < latency_sample::timed_a_second; ++i) CHECK(calls.end(7));
    int timed = 0;
    std::uint32_t skipped = 0;
    for (int i = 0; i < 80000; ++i) {
      if (!calls.end(7)) {
        ++skipped;
        continue;
      }
      ++timed;
      CHECK(skipped >= latency_sample::least_skipped);
      CHECK(skipped <= latency_sample::most_skipped);
      skipped = 0;
    }
    CHECK(timed > 9800);
    CHECK(timed < 10200);
    calls.sample.begin_second();
  }
}

TEST_CASE("a call that is not timed counts as long as the last one that was") {
  sampled_calls calls;
  std::uint64_t last = 0;
  for (std::uint64_t i = 1; i < 1000; ++i) {
    if (calls.end(i)) last = i;
    REQUIRE(calls.counted_us == last);
  }
  CHECK(last > 900);
}

TEST_CASE("calls that are long at regular intervals are found as often as they are") {
  const int interval = GENERATE(2, 5, 7, 8, 9, 16, 64);
  sampled_calls calls;
  constexpr int all = 200000;
  int counted = 0;
  for (int i = 0; i < all; ++i) {
    (void)calls.end(i % interval == 0 ? 1000 : 1);
    if (calls.counted_us == 1000) ++counted;
  }
  CHECK(counted == Approx(all / interval).epsilon(0.1));
}

TEST_CASE("a latency stops at the longest that can be remembered") {
  sampled_calls calls;
  while (calls.end(std::uint64_t{1} << 40)) {
  }
  CHECK(calls.counted_us == UINT32_MAX);
}

}  // namespace lars::latency_sample_test
