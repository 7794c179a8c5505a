// The median of interleaved rounds, with its confidence interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace lars::bench {

// The median of the rounds, and bounds that hold the true median with a probability of at least 95 %.
struct round_median {
  double value = 0;
  double low = 0;
  double high = 0;
};

// The interval of order statistics (Conover, Practical Nonparametric Statistics, 3.2). Each of n rounds is above the
// true median with probability 1/2, so the k-th smallest is above it with the probability that fewer than k of n rounds
// are below. Fewer than six rounds give no such interval: the bounds are then the extremes. REQUIRES: not empty.
inline round_median median_of_rounds(std::span<const double> rounds) {
  std::vector<double> sorted(rounds.begin(), rounds.end());
  std::ranges::sort(sorted);
  const auto n = sorted.size();
  std::size_t below = 0;  // rank of the lower bound, from 0
  double exactly =
      std::pow(0.5, static_cast<double>(n));  // probability of exactly `below` rounds below the true median
  for (double sum = exactly; sum <= 0.025 && 2 * (below + 1) < n; sum += exactly) {
    ++below;
    exactly *= static_cast<double>(n - below + 1) / static_cast<double>(below);
  }
  const auto outer = below == 0 ? 0 : below - 1;
  const double middle = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return {middle, sorted[outer], sorted[n - 1 - outer]};
}

}  // namespace lars::bench
