#include "balance/load/lone_estimate.hpp"

#include <catch2/catch.hpp>

namespace lars::lone_estimate_test {

using namespace lars::balance;

namespace {

constexpr std::uint64_t host = 7;

void count(counter_slot& counted, std::uint64_t calls, std::uint64_t latency_us, std::uint64_t failures = 0) {
  counted.ends += calls;
  counted.latency_us += calls * latency_us;
  counted.failures += failures;
}

}  // namespace

TEST_CASE("calls that were counted before the first look say nothing") {
  counter_slot counted{};
  count(counted, 100, 500);
  lone_estimate measured;
  measured.look(host, counted);
  CHECK(measured.ns() == 0);
}

TEST_CASE("the first calls are the mean, later ones count for one in twenty each") {
  counter_slot counted{};
  lone_estimate measured;
  measured.look(host, counted);
  count(counted, 1, 100);
  measured.look(host, counted);
  CHECK(measured.ns() == Approx(100e3));
  count(counted, 1, 300);
  measured.look(host, counted);
  CHECK(measured.ns() == Approx(200e3));
  for (int i = 0; i < 500; ++i) {
    count(counted, 1, 200);
    measured.look(host, counted);
  }
  count(counted, 1, 400);
  measured.look(host, counted);
  CHECK(measured.ns() == Approx(210e3));
}

TEST_CASE(
    "calls that ended between two looks count by their mean, and replace all that was known where they are many") {
  counter_slot counted{};
  lone_estimate measured;
  measured.look(host, counted);
  count(counted, 1000, 100);
  measured.look(host, counted);
  count(counted, 1000, 900);
  measured.look(host, counted);
  CHECK(measured.ns() == Approx(900e3));
}

TEST_CASE("a failure counts as slow however fast it was") {
  counter_slot counted{};
  lone_estimate measured;
  measured.look(host, counted);
  count(counted, 2, 100, 1);
  measured.look(host, counted);
  CHECK(measured.ns() == Approx(100e3 + lone_estimate::error_ns / 2));
}

TEST_CASE("counters that went to another host begin anew") {
  counter_slot counted{};
  lone_estimate measured;
  measured.look(host, counted);
  count(counted, 10, 100);
  measured.look(host, counted);
  count(counted, 5, 100);
  measured.look(host + 1, counted);
  CHECK(measured.ns() == 0);
  count(counted, 1, 70);
  measured.look(host + 1, counted);
  CHECK(measured.ns() == Approx(70e3));
}

TEST_CASE("what is not measured again fades, and then a single call is believed") {
  counter_slot counted{};
  lone_estimate measured;
  measured.look(host, counted);
  count(counted, 20, 10'000);
  measured.look(host, counted);
  for (int i = 0; i < 300; ++i) measured.fade();
  CHECK(measured.ns() < 100e3);
  count(counted, 1, 10'000);
  measured.look(host, counted);
  CHECK(measured.ns() > 4e6);
}

}  // namespace lars::lone_estimate_test
