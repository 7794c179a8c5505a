#include "balance/table/weights.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "balance/table/module_format.hpp"

namespace lars::weights_test {

using namespace lars::balance;

namespace {

// The chance that a draw over the table falls on each.
std::vector<double> chances(const std::vector<weighing>& table) {
  std::vector<double> all(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double own = (table[i].chance + 1.0) / 4294967296.0;
    all[i] += own / static_cast<double>(table.size());
    all[table[i].other] += (1 - own) / static_cast<double>(table.size());
  }
  return all;
}

}  // namespace

TEST_CASE("an alias table draws each with its share") {
  for (const auto& weights : {std::vector<double>{1}, {1, 1, 1}, {5, 1, 0, 3}, {1e-6, 1, 1e6}, {0, 0, 7}, {0, 0}}) {
    const auto table = weigh(weights);
    const auto share = chances(table);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i)
      CHECK(share[i] == Approx(sum > 0 ? weights[i] / sum : 1.0 / static_cast<double>(weights.size())).margin(1e-8));
  }
}

TEST_CASE("the heaviest has the full stride, the lightest has one") {
  const auto table = weigh(std::vector<double>{1, 10000, 0, 5000});
  CHECK(table[0].weight == 7);
  CHECK(table[1].weight == most_weight);
  CHECK(table[2].weight == 0);
  CHECK(table[3].weight == 32768);
  CHECK(weigh(std::vector<double>{1, 1e9})[0].weight == 1);
  CHECK(weigh({}).empty());
}

}  // namespace lars::weights_test
