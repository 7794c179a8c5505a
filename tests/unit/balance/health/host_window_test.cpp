#include "balance/health/host_window.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <limits>

namespace lars::host_window_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

// One host and a clock that the test turns.
struct watched_host {
  explicit watched_host(health_config settings = {}) : config(settings), window(config, now) {}

  std::optional<verdict> report(outcome result) { return window.record(config, result, now); }
  std::optional<verdict> succeed() { return report(outcome::success); }
  std::optional<verdict> fail() { return report(outcome::failure); }

  // Reports until the verdict changes; returns how many it took.
  int until_change(outcome result, int most = 1000) {
    for (int i = 1; i <= most; ++i)
      if (report(result)) return i;
    return -1;
  }

  health_config config;
  time_point now{1000s};
  host_window window;
};

// Limits far away, so that the rate alone decides.
health_config rates_alone() {
  health_config config;
  config.contin_err_limit = config.contin_succ_limit = 1000000;
  return config;
}

}  // namespace

TEST_CASE("a fresh host is not isolated at its first failure") {
  watched_host host;
  CHECK_FALSE(host.fail());
  CHECK(host.window.state() == verdict::idle);
}

TEST_CASE("the first report of a fresh host is not lost") {
  watched_host host;
  host.fail();
  CHECK(host.window.failures() == 1);
  CHECK(host.window.successes() == 0);
}

TEST_CASE("an idle host is isolated by the fifteenth failure in a row and not by the fourteenth") {
  watched_host host;
  for (int i = 0; i < 14; ++i) CHECK_FALSE(host.fail());
  CHECK(host.fail() == verdict::ejected);
}

TEST_CASE("a success ends a run of failures") {
  watched_host host;
  for (int i = 0; i < 14; ++i) host.fail();
  host.succeed();
  // The rate is passed by the twenty-first failure over 181 successes, before a run of fifteen more is complete.
  CHECK(host.until_change(outcome::failure) == 7);
}

TEST_CASE("a failure rate that is exactly met isolates nobody, one that is passed does") {
  watched_host host(rates_alone());
  // 20 of 200 is 0.1 exactly: 180 virtual successes and 20 failures.
  for (int i = 0; i < 20; ++i) CHECK_FALSE(host.fail());
  CHECK(host.fail() == verdict::ejected);
}

TEST_CASE("a success is never what isolates an idle host within its window") {
  auto config = rates_alone();
  config.init_succ_cnt = 0;
  config.err_rate = 1.0;
  watched_host host(config);
  for (int i = 0; i < 50; ++i) CHECK_FALSE(host.fail());
  host.config.err_rate = 0.1;
  CHECK_FALSE(host.succeed());
  CHECK(host.fail() == verdict::ejected);
}

TEST_CASE("an overloaded host returns when successes pass the rate, not when they meet it") {
  watched_host host(rates_alone());
  REQUIRE(host.until_change(outcome::failure) == 21);
  // Five virtual failures: five successes are one half exactly.
  for (int i = 0; i < 5; ++i) CHECK_FALSE(host.succeed());
  CHECK(host.succeed() == verdict::idle);
}

TEST_CASE("an overloaded host returns with the fifteenth success in a row and not with the fourteenth") {
  health_config config;
  config.succ_rate = 1.0;
  watched_host host(config);
  REQUIRE(host.until_change(outcome::failure) == 15);
  for (int i = 0; i < 14; ++i) CHECK_FALSE(host.succeed());
  CHECK(host.succeed() == verdict::idle);
}

TEST_CASE("a failure ends a run of successes") {
  health_config config;
  config.succ_rate = 1.0;
  watched_host host(config);
  REQUIRE(host.until_change(outcome::failure) == 15);
  for (int i = 0; i < 14; ++i) host.succeed();
  host.fail();
  CHECK(host.until_change(outcome::success) == 15);
}

TEST_CASE("a failure is never what returns an overloaded host before its time") {
  auto config = rates_alone();
  config.succ_rate = 1.0;
  watched_host host(config);
  REQUIRE(host.until_change(outcome::failure) == 21);
  for (int i = 0; i < 50; ++i) host.succeed();
  host.config.succ_rate = 0.1;
  CHECK_FALSE(host.fail());
  CHECK(host.succeed() == verdict::idle);
}

TEST_CASE("a window of real failures isolates a host that virtual successes kept") {
  watched_host host;
  for (int i = 0; i < 7; ++i) CHECK_FALSE(host.fail());
  for (int i = 0; i < 2; ++i) CHECK_FALSE(host.succeed());
  host.now += 15s;
  // Seven of ten is the rate exactly, and meeting it is enough.
  CHECK(host.succeed() == verdict::ejected);
}

TEST_CASE("a window just under its failure rate begins anew") {
  watched_host host;
  for (int i = 0; i < 6; ++i) host.fail();
  for (int i = 0; i < 3; ++i) host.succeed();
  host.now += 15s;
  CHECK_FALSE(host.succeed());
  CHECK(host.window.state() == verdict::idle);
  CHECK(host.window.failures() == 0);
  CHECK(host.window.successes() == 0);
}

TEST_CASE("a window ends at idle_timeout and not a moment before") {
  watched_host host;
  host.fail();
  host.now += 15s - 1ns;
  host.succeed();
  CHECK(host.window.failures() == 1);
  host.now += 1ns;
  host.succeed();
  CHECK(host.window.failures() == 0);
}

TEST_CASE("a window's end counts from the last window's end") {
  watched_host host;
  host.now += 15s;
  host.succeed();
  host.now += 14s;
  host.fail();
  CHECK(host.window.failures() == 1);
}

TEST_CASE("a window without a call before judges by the one that ends it") {
  watched_host good;
  good.now += 1h;
  CHECK_FALSE(good.succeed());
  watched_host bad;
  bad.now += 1h;
  CHECK(bad.fail() == verdict::ejected);
}

TEST_CASE("the run of failures survives no window's end") {
  health_config config;
  config.window_err_rate = 2.0;
  watched_host host(config);
  for (int i = 0; i < 13; ++i) host.fail();
  host.now += 15s;
  CHECK_FALSE(host.fail());
  for (int i = 0; i < 14; ++i) CHECK_FALSE(host.fail());
  CHECK(host.fail() == verdict::ejected);
}

TEST_CASE("the run that is complete at the window's very end still isolates") {
  health_config config;
  config.window_err_rate = 2.0;
  watched_host host(config);
  for (int i = 0; i < 14; ++i) host.fail();
  host.now += 15s;
  CHECK(host.fail() == verdict::ejected);
}

TEST_CASE("an overloaded host gets another chance at overload_timeout and not a moment before, even by a failure") {
  watched_host host;
  REQUIRE(host.until_change(outcome::failure) == 15);
  host.now += 15s - 1ns;
  CHECK_FALSE(host.fail());
  host.now += 1ns;
  CHECK(host.fail() == verdict::idle);
  CHECK(host.window.failures() == 0);
}

TEST_CASE("a host that returned starts with its whole credit") {
  watched_host host;
  REQUIRE(host.until_change(outcome::failure) == 15);
  REQUIRE(host.until_change(outcome::success) == 6);
  CHECK(host.until_change(outcome::failure) == 15);
}

TEST_CASE("a host that heals goes by what it does now: entering overload forgets the successes before") {
  watched_host host(rates_alone());
  for (int i = 0; i < 10000; ++i) host.succeed();
  REQUIRE(host.until_change(outcome::failure, 5000) > 1000);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(host.succeed());
  CHECK(host.succeed() == verdict::idle);
}

TEST_CASE("credits at the edge of their type make no share wrong") {
  auto config = rates_alone();
  config.init_succ_cnt = std::numeric_limits<std::uint32_t>::max();
  config.init_err_cnt = std::numeric_limits<std::uint32_t>::max();
  watched_host host(config);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(host.succeed());
  for (int i = 0; i < 100; ++i) CHECK_FALSE(host.fail());
  CHECK(host.window.state() == verdict::idle);
}

TEST_CASE("a batch of one call is judged as the call itself, whatever came before") {
  std::uint64_t state = 7;
  const auto draw = [&state] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
  for (int round = 0; round < 50; ++round) {
    watched_host by_call;
    watched_host by_batch;
    std::uint64_t run = 0;
    for (int i = 0; i < 3000; ++i) {
      // Phases of health and of illness, and time that passes.
      const bool fails = draw() % 100 < ((i / 200) % 2 == 0 ? 2u : 60u);
      by_call.now += 7ms;
      by_batch.now += 7ms;
      run = fails ? run + 1 : 0;
      const auto one = by_call.report(fails ? outcome::failure : outcome::success);
      const auto other =
          by_batch.window.record(by_batch.config, fails ? call_batch{0, 1, run} : call_batch{1, 0, run}, by_batch.now);
      REQUIRE(one == other);
      REQUIRE(by_call.window.state() == by_batch.window.state());
      REQUIRE(by_call.window.failures() == by_batch.window.failures());
    }
  }
}

TEST_CASE("a batch without a success lengthens the run of failures by all it holds") {
  watched_host one;
  CHECK_FALSE(one.window.record(one.config, {0, 7, 4}, one.now));
  CHECK_FALSE(one.window.record(one.config, {0, 7, 3}, one.now));
  CHECK(one.window.record(one.config, {0, 1, 1}, one.now) == verdict::ejected);
}

TEST_CASE("a batch with a success leaves the longest run of failures that a counter ends with") {
  health_config runs_alone;
  runs_alone.err_rate = 1;
  watched_host one(runs_alone);
  CHECK_FALSE(one.window.record(one.config, {0, 14, 14}, one.now));
  CHECK_FALSE(one.window.record(one.config, {1, 3, 3}, one.now));
  CHECK_FALSE(one.window.record(one.config, {0, 11, 14}, one.now));
  CHECK(one.window.record(one.config, {0, 1, 15}, one.now) == verdict::ejected);
}

}  // namespace lars::host_window_test
