#include "client/load/load_window.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace lars::load_window_test {

using namespace lars::client;
using namespace std::chrono_literals;

namespace {

// A host under a clock of its own: calls, failures and processor time come steadily.
struct steady_host {
  void run(base::duration span, double calls_a_second, double busy) {
    const double seconds = std::chrono::duration<double>(span).count();
    now.at += span;
    calls += calls_a_second * seconds;
    now.ended = static_cast<std::uint64_t>(std::llround(calls));
    now.failed = now.ended / 10;
    now.cpu_used += busy * seconds;
    now.cpu_room += seconds;
  }
  void turn() { window.turn(now); }
  void run_and_turn(int parts, double calls_a_second, double busy) {
    for (int i = 0; i < parts; ++i) {
      run(100ms, calls_a_second, busy);
      turn();
    }
  }

  load_window window{1s};
  load_sample now;
  double calls = 0;
};

}  // namespace

TEST_CASE("nothing is known before there is a window") {
  steady_host host;
  CHECK_FALSE(host.window.report().known());
  host.turn();
  CHECK(host.window.report().utilization == 0);
  CHECK(host.window.report().qps == 0);
}

TEST_CASE("all figures are of one window") {
  steady_host host;
  host.turn();
  for (int part = 1; part < 40; ++part) {
    host.run_and_turn(1, 100, 0.5);
    CHECK(host.window.report().qps == Approx(100));
    CHECK(host.window.report().eps == Approx(10).margin(10));
    CHECK(host.window.report().utilization == Approx(0.5));
  }
}

TEST_CASE("what a change of load does to calls it does to the processor in the same measure") {
  steady_host host;
  host.turn();
  host.run_and_turn(20, 100, 0.1);
  // From now on ten times as much: at each moment both figures are of the same part of the change.
  for (int part = 1; part <= 10; ++part) {
    host.run_and_turn(1, 1000, 1);
    const auto& report = host.window.report();
    CHECK(report.qps == Approx(100 + 90 * part));
    CHECK(report.qps / report.utilization == Approx(1000));
  }
  host.run_and_turn(5, 1000, 1);
  CHECK(host.window.report().qps == Approx(1000));
}

TEST_CASE("turns that come late make the window longer for every figure alike") {
  steady_host host;
  host.turn();
  host.run_and_turn(20, 100, 0.5);
  host.run(7s, 10, 0.05);
  host.turn();
  const auto& report = host.window.report();
  CHECK(report.qps == Approx(10).epsilon(0.01));
  CHECK(report.qps / report.utilization == Approx(200));
  // Once there is a moment nearer to one length ago, what was before the rest is forgotten.
  host.run_and_turn(1, 100, 0.5);
  CHECK(host.window.report().qps == Approx(100));
}

TEST_CASE("after a long rest nothing is known until the next part is over") {
  steady_host host;
  host.turn();
  host.run_and_turn(20, 100, 0.5);
  host.run(31s, 0, 0);
  host.turn();
  CHECK(host.window.report().qps == 0);
  CHECK(host.window.report().utilization == 0);
  host.run_and_turn(1, 100, 0.5);
  CHECK(host.window.report().utilization == Approx(0.5));
}

TEST_CASE("processor time that is not known, or runs backwards, leaves the other figures") {
  steady_host host;
  host.turn();
  host.run(100ms, 100, 0.5);
  host.now.cpu_used = NAN;
  host.turn();
  CHECK(host.window.report().utilization == 0);
  CHECK(host.window.report().qps == Approx(100));
  host.now.cpu_used = -1;
  host.run_and_turn(1, 100, 0.5);
  CHECK(host.window.report().utilization == 0);
  CHECK(host.window.report().qps == Approx(100));
}

TEST_CASE("two turns at one moment are no window") {
  steady_host host;
  host.turn();
  host.turn();
  CHECK(host.window.report().qps == 0);
}

}  // namespace lars::load_window_test
