#include "agent/results/batch_age.hpp"

#include <catch2/catch.hpp>

namespace lars::batch_age_test {

using lars::agent::age_ms;

namespace {

constexpr std::uint64_t this_boot = 7, other_boot = 8;
constexpr std::uint64_t hour = 3'600'000;

proto::status_report counted(base::boot_moment when, std::uint32_t ts) {
  proto::status_report report;
  report.counted = when;
  report.ts = ts;
  return report;
}

}  // namespace

TEST_CASE("within one boot the age is exact even if the clock was set") {
  const base::moment now{1'700'000'000, {this_boot, 10 * hour}};
  for (const std::uint32_t ts : {0u, 1'400'000'000u, 1'700'000'000u, 4'000'000'000u})
    CHECK(age_ms(counted({this_boot, 8 * hour}, ts), now) == 2 * hour);
}

TEST_CASE("across boots the clock decides, but the age is at least this boot's uptime") {
  const base::moment now{1'700'000'000, {this_boot, hour}};
  CHECK(age_ms(counted({other_boot, 9 * hour}, 1'700'000'000 - 2 * 3600), now) == 2 * hour);
  CHECK(age_ms(counted({other_boot, 9 * hour}, 1'700'000'000 - 60), now) == hour);
  CHECK(age_ms(counted({other_boot, 9 * hour}, 1'700'000'900), now) == hour);
}

TEST_CASE("an implausible clock difference between two boots is ignored") {
  const base::moment now{1'700'000'000, {this_boot, hour}};
  CHECK(age_ms(counted({other_boot, 9 * hour}, 300), now) == hour);
  CHECK(age_ms(counted({other_boot, 9 * hour}, 1'700'000'000), {300, {this_boot, hour}}) == hour);
}

TEST_CASE("for a spool of an earlier release the clock decides") {
  const base::moment now{1'700'000'000, {this_boot, hour}};
  CHECK(age_ms(counted({}, 1'700'000'000 - 7200), now) == 2 * hour);
  CHECK(age_ms(counted({}, 1'700'000'000 - 60), now) == 60'000);
  CHECK(age_ms(counted({}, 300), now) == 0);
  CHECK(age_ms(counted({}, 1'700'000'060), now) == 0);
}

TEST_CASE("a boot time in the future is ignored") {
  CHECK(age_ms(counted({this_boot, 2 * hour}, 1'700'000'000 - 60), {1'700'000'000, {this_boot, hour}}) == 60'000);
}

}  // namespace lars::batch_age_test
