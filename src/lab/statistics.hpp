// Mean, deviation and confidence interval.
#pragma once

#include <span>

namespace lars::lab {

double mean_of(std::span<const double> values);       // 0 where there are none
double deviation_of(std::span<const double> values);  // of the population (divided by n); 0 where there are none

// A mean and half its 95 % confidence interval.
struct estimate {
  double mean = 0;
  double half_width = 0;  // 0 for a single value, which gives no interval
};

// The estimate from independent values, by Student's t.
estimate estimate_of(std::span<const double> values);

}  // namespace lars::lab
