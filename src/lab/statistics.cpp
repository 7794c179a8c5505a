#include "lab/statistics.hpp"

#include <array>
#include <cmath>

namespace lars::lab {
namespace {

// The 97.5 % quantiles of Student's t, from one degree of freedom on.
constexpr std::array student{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                             2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                             2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};

double squares_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

}  // namespace

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double deviation_of(std::span<const double> values) {
  return values.empty() ? 0 : std::sqrt(squares_of(values) / static_cast<double>(values.size()));
}

estimate estimate_of(std::span<const double> values) {
  if (values.size() < 2) return {mean_of(values), 0};
  const auto freedom = values.size() - 1;
  const double t = freedom <= student.size() ? student[freedom - 1] : 1.96;
  const double variance = squares_of(values) / static_cast<double>(freedom);
  return {mean_of(values), t * std::sqrt(variance / static_cast<double>(values.size()))};
}

}  // namespace lars::lab
