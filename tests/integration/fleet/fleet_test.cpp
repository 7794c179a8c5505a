#include <algorithm>
#include <catch2/catch.hpp>

#include "simulated_fleet.hpp"

namespace lars::fleet_test {

using namespace std::chrono_literals;
using test::simulated_fleet;

namespace {

// Each minute a route and a host change. In an hour every server is unreachable once, and stopped and started again.
void run_minutes(simulated_fleet& fleet, int minutes) {
  for (int minute = 0; minute < minutes; ++minute) {
    fleet.edit_routes();
    fleet.change_hosts();
    if (minute == 10) fleet.cut(simulated_fleet::dns_address);
    if (minute == 11) fleet.mend(simulated_fleet::dns_address);
    if (minute == 20) fleet.stop_dns();
    if (minute == 21) fleet.start_dns();
    if (minute == 30) fleet.cut(simulated_fleet::reporter_address);
    if (minute == 32) fleet.mend(simulated_fleet::reporter_address);
    if (minute == 40) fleet.stop_reporter();
    if (minute == 41) fleet.start_reporter();
    if (minute == 50) fleet.stop_agent(1);
    if (minute == 51) fleet.start_agent(1);
    fleet.run_for(1min);
  }
}

std::vector<test::sent_bytes> record_of(std::uint64_t seed, bool stray) {
  simulated_fleet fleet(seed, stray);
  run_minutes(fleet, 3);
  return fleet.record();
}

// An hour, after which nothing is lost and nothing is stale.
std::vector<test::sent_bytes> record_of_an_hour(std::uint64_t seed) {
  simulated_fleet fleet(seed);
  run_minutes(fleet, 60);
  fleet.finish_calls();
  CHECK(fleet.elapsed() >= 1h);
  CHECK(fleet.reported() > 5'000);
  CHECK(fleet.counted().calls() == fleet.reported());
  CHECK(fleet.routes_agree());
  return fleet.record();
}

}  // namespace

TEST_CASE("an hour of a fleet with faults, twice from the same seed, sends the same bytes") {
  const auto record = record_of_an_hour(1);
  const auto again = record_of_an_hour(1);

  CHECK(record.size() > 10'000);
  const auto [first, second] = std::ranges::mismatch(record, again);
  CAPTURE(first - record.begin(), record.size(), again.size());
  CHECK((record == again));
}

TEST_CASE("fleets with different seeds send different bytes") {
  CHECK_FALSE((record_of(1, false) == record_of(2, false)));
}

// The planted fault.
TEST_CASE("an agent that is not seeded by the simulation is found") {
  CHECK((record_of(1, false) == record_of(1, false)));
  CHECK_FALSE((record_of(1, true) == record_of(1, true)));
}

}  // namespace lars::fleet_test
