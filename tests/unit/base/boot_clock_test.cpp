#include "base/boot_clock.hpp"

#include <catch2/catch.hpp>

#include "base/clock.hpp"

namespace lars::base::boot_clock_test {

namespace {

struct fixed_source final : time_source {
  time_point now() const noexcept override { return time_point(std::chrono::milliseconds(1234)); }
  std::chrono::system_clock::time_point utc() const noexcept override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(99));
  }
};

}  // namespace

TEST_CASE("the time since boot follows the source of the process") {
  const fixed_source source;
  process_time = &source;
  const auto found = moment_now();
  process_time = nullptr;
  CHECK(found.boot == boot_moment{1, 1234});
  CHECK(found.unix_seconds == 99);
}

}  // namespace lars::base::boot_clock_test
