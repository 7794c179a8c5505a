#include "cli/host_status.hpp"

#include <catch2/catch.hpp>

namespace lars::host_status_test {

using namespace lars::cli;

namespace {

constexpr std::int64_t now = 1'700'000'005;
constexpr endpoint host_a{0x0a000001, 80}, host_b{0x0a000002, 80};

storage::call_status_row told(endpoint where, std::uint32_t caller, std::int64_t ts, bool overload) {
  return {{1, 1}, where, caller, 0, 0, ts, overload};
}

storage::history_row counted(endpoint where, std::int64_t bucket, std::uint64_t succ, std::uint64_t err) {
  return {{1, 1}, where, 10, bucket, {succ, err, 0, 0, {}}};
}

}  // namespace

TEST_CASE("without reports there are no rows") { CHECK(host_statuses({}, {}, now).empty()); }

TEST_CASE("the window has the current step and full steps before it") {
  CHECK(window_begin(1'700'000'005) == 1'699'999'980);
  CHECK(window_begin(1'700'000'000) == 1'699'999'980);
}

TEST_CASE("rates are averaged over the window") {
  const std::vector history{counted(host_a, 1'699'999'980, 100, 0), counted(host_a, 1'699'999'990, 90, 10),
                            counted(host_a, 1'700'000'000, 50, 0)};
  const auto hosts = host_statuses({}, history, now);
  REQUIRE(hosts.size() == 1);
  CHECK(hosts[0].calls_per_second == Approx(10));
  CHECK(*hosts[0].success_rate == Approx(0.96));
  CHECK_FALSE(hosts[0].p50_us);
  CHECK(hosts[0].last_seen == now);
}

TEST_CASE("a host is isolated by the agents that recently reported it so") {
  const std::vector statuses{told(host_a, 1, now - 5, true), told(host_a, 2, now - 10, false),
                             told(host_a, 3, now - 301, true), told(host_b, 1, now - 9000, true)};
  const auto hosts = host_statuses(statuses, {}, now);
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].isolated_by == 1);
  CHECK(hosts[0].told_by == 2);
  CHECK(hosts[0].last_seen == now - 5);
  CHECK(hosts[0].calls_per_second == 0);
  CHECK_FALSE(hosts[0].success_rate);
  CHECK(hosts[1].isolated_by == 0);
  CHECK(hosts[1].told_by == 0);
  CHECK(hosts[1].last_seen == now - 9000);
}

TEST_CASE("latencies come from the buckets of the whole window") {
  std::vector history{counted(host_a, 1'699'999'990, 100, 0), counted(host_a, 1'700'000'000, 100, 0)};
  history[0].sums.latency[1] = 100;
  history[1].sums.latency[9] = 100;
  const auto hosts = host_statuses({}, history, now);
  CHECK(*hosts[0].p50_us == Approx(1000));
  CHECK(*hosts[0].p99_us > 128'000);
}

}  // namespace lars::host_status_test
