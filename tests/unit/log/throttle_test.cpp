#include "log/throttle.hpp"

#include <catch2/catch.hpp>

namespace lars::throttle_test {

using namespace std::chrono_literals;

TEST_CASE("the throttle admits a limited number of lines per second and then reports the rest") {
  log::throttle lines;
  const auto second = base::time_point() + 100s;
  std::uint64_t left_out = 99;
  int written = 0;
  for (int i = 0; i < 1000; ++i) written += lines.admit(second + 500us * i, left_out);
  CHECK(written == 20);
  CHECK(left_out == 0);
  REQUIRE(lines.admit(second + 1s, left_out));
  CHECK(left_out == 980);
  REQUIRE(lines.admit(second + 1s, left_out));
  CHECK(left_out == 0);
}

}  // namespace lars::throttle_test
