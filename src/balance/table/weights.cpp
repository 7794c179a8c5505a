#include "balance/table/weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "balance/table/module_format.hpp"

namespace lars::balance {
namespace {

std::uint32_t chance_of(double share) {
  return static_cast<std::uint32_t>(std::clamp(share * 4294967296.0, 0.0, 4294967295.0));
}

// `share` = each one's weight over the mean, `made` gets chance and other.
void make_aliases(std::vector<double> share, std::vector<weighing>& made) {
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < share.size(); ++i) (share[i] < 1 ? small : large).push_back(i);
  while (!small.empty() && !large.empty()) {
    const auto less = small.back();
    const auto more = large.back();
    small.pop_back();
    made[less].chance = chance_of(share[less]);
    made[less].other = more;
    share[more] -= 1 - share[less];
    if (share[more] >= 1) continue;
    large.pop_back();
    small.push_back(more);
  }
  // What is left has a share of 1 but for rounding; weight 0 is never left with it, as something had to fill it.
  for (const auto& rest : {small, large})
    for (const auto i : rest) made[i].chance = UINT32_MAX;
}

}  // namespace

std::vector<weighing> weigh(std::span<const double> weights) {
  std::vector<weighing> made(weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double most = weights.empty() ? 0 : std::ranges::max(weights);
  const bool even = !(sum > 0);
  std::vector<double> share(weights.size(), 1);
  for (std::uint32_t i = 0; i < made.size(); ++i) {
    made[i].other = i;
    made[i].weight = even ? most_weight : static_cast<std::uint32_t>(std::lround(weights[i] / most * most_weight));
    // So light that it would round to nothing is still something.
    if (!even && weights[i] > 0) made[i].weight = std::max(made[i].weight, 1u);
    if (!even) share[i] = weights[i] / sum * static_cast<double>(weights.size());
  }
  make_aliases(std::move(share), made);
  return made;
}

}  // namespace lars::balance
