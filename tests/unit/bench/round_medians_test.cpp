#include "bench/round_medians.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace lars::round_medians_test {

using namespace lars::bench;

TEST_CASE("a median of rounds, odd and even in number") {
  CHECK(median_of_rounds(std::vector<double>{3}).value == 3);
  CHECK(median_of_rounds(std::vector<double>{9, 1, 5}).value == 5);
  CHECK(median_of_rounds(std::vector<double>{4, 1, 2, 9}).value == 3);
}

TEST_CASE("few rounds are bounded by their extremes, fifteen by the fourth from each end") {
  const auto few = median_of_rounds(std::vector<double>{5, 1, 3, 2, 4});
  CHECK(few.low == 1);
  CHECK(few.high == 5);
  std::vector<double> many;
  for (int i = 15; i > 0; --i) many.push_back(i);
  const auto fifteen = median_of_rounds(many);
  CHECK(fifteen.value == 8);
  CHECK(fifteen.low == 4);
  CHECK(fifteen.high == 12);
}

TEST_CASE("the bounds hold the true median in 95 of 100 draws or more, and not in all") {
  std::mt19937 random(7);
  std::lognormal_distribution<double> figure(0, 1);  // its median is 1
  int held = 0;
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    std::vector<double> rounds(15);
    for (auto& one : rounds) one = figure(random);
    const auto found = median_of_rounds(rounds);
    held += found.low <= 1 && 1 <= found.high;
  }
  CHECK(held > draws * 94 / 100);
  CHECK(held < draws * 98 / 100);
}

}  // namespace lars::round_medians_test
