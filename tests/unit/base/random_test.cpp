#include "base/random.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace lars::random_test {

using lars::base::random_source;

TEST_CASE("the same seed gives the published sequence of SplitMix64") {
  random_source source(1234567);
  CHECK(source() == 6457827717110365317u);
  CHECK(source() == 3203168211198807973u);
  CHECK(source() == 9817491932198370423u);
}

TEST_CASE("below() stays in range and is even") {
  random_source source(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 100000; ++i) ++seen.at(source.below(10));
  for (const int count : seen) CHECK(std::abs(count - 10000) < 500);
}

}  // namespace lars::random_test
