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

TEST_CASE("generators are seeded by the source of the process") {
  struct counting final : lars::base::seed_source {
    std::uint64_t draw() noexcept override { return ++seed; }
    std::uint64_t seed = 0;
  } seeds;
  lars::base::process_seeds = &seeds;
  auto first = random_source::from_system();
  auto second = random_source::from_system();
  lars::base::process_seeds = nullptr;
  CHECK(first() == random_source(1)());
  CHECK(second() == random_source(2)());
}

}  // namespace lars::random_test
