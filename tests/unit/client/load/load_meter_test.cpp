#include "client/load/load_meter.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace lars::load_meter_test {

using namespace lars::client;
using namespace std::chrono_literals;

namespace {

// A meter that finds no files of a kernel, under a manual clock.
struct manual_meter {
  void serve(int calls, int failed = 0) {
    for (int i = 0; i < calls; ++i) {
      meter.begin();
      meter.end(i < failed, now);
    }
  }

  base::time_point now{1h};
  load_meter meter{1s, cpu_reader("/nowhere", 1), now};
};

}  // namespace

TEST_CASE("calls and failures of the last window are told as rates") {
  manual_meter one;
  CHECK(one.meter.read(one.now).report.qps == 0);
  for (int part = 0; part < 30; ++part) {
    one.serve(10, 2);
    one.now += 100ms;
  }
  const auto load = one.meter.read(one.now);
  // The window may begin behind the first call of a part.
  CHECK(load.report.qps == Approx(100).margin(1));
  CHECK(load.report.eps == Approx(20).margin(1));
  CHECK(load.report.utilization == 0);
  CHECK(load.in_flight == 0);
}

TEST_CASE("between two turns the figures stand still") {
  manual_meter one;
  one.serve(10);
  one.now += 100ms;
  CHECK(one.meter.read(one.now).report.qps == Approx(100));
  one.serve(1000);
  one.now += 99ms;
  CHECK(one.meter.read(one.now).report.qps == Approx(100));
}

TEST_CASE("calls under way are those of the moment, whichever thread ends them") {
  manual_meter one;
  std::thread([&] {
    one.meter.begin();
    one.meter.begin();
  }).join();
  CHECK(one.meter.read(one.now).in_flight == 2);
  one.meter.end(false, one.now);
  CHECK(one.meter.read(one.now).in_flight == 1);
  one.meter.end(false, one.now);
  one.meter.end(false, one.now);  // one too many
  CHECK(one.meter.read(one.now).in_flight == 0);
}

TEST_CASE("many threads lose no call") {
  manual_meter one;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&one, at = one.now + 100ms] {
      for (int n = 0; n < 1000; ++n) {
        one.meter.begin();
        one.meter.end(n % 4 == 0, at);
        if (n % 100 == 0) one.meter.read(at);
      }
    });
  for (auto& thread : threads) thread.join();
  // The first turn came in their midst; the second sees all.
  one.now += 1s;
  const auto load = one.meter.read(one.now);
  CHECK(load.report.qps == Approx(8000));
  CHECK(load.report.eps == Approx(2000));
  CHECK(load.in_flight == 0);
}

}  // namespace lars::load_meter_test
