// What interleaved rounds agree on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace lars::bench {

// The median, and between what bounds that of all rounds there could be lies with a likelihood of 95 % or more.
struct round_median {
  double value = 0;
  double low = 0;
  double high = 0;
};

// The interval of order statistics: of n rounds each lies above the true median with 1/2, so the k-th smallest lies
// above it with the likelihood of fewer than k of n below (Conover, Practical Nonparametric Statistics, 3.2). Less than
// six rounds cannot tell: the bounds are the extremes. REQUIRES: not empty.
inline round_median median_of_rounds(std::span<const double> rounds) {
  std::vector<double> sorted(rounds.begin(), rounds.end());
  std::ranges::sort(sorted);
  const auto n = sorted.size();
  std::size_t below = 0;                               // the rank of the low bound, from 0
  double one = std::pow(0.5, static_cast<double>(n));  // likelihood of exactly `below` under the true median
  for (double sum = one; sum <= 0.025 && 2 * (below + 1) < n; sum += one) {
    ++below;
    one *= static_cast<double>(n - below + 1) / static_cast<double>(below);
  }
  const auto outer = below == 0 ? 0 : below - 1;
  const double middle = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return {middle, sorted[outer], sorted[n - 1 - outer]};
}

}  // namespace lars::bench
