// A few numbers about many.
#pragma once

#include <span>

namespace lars::lab {

double mean_of(std::span<const double> values);       // 0 without any
double deviation_of(std::span<const double> values);  // of all there are (divided by n); 0 without any

// A mean and how far the truth may be from it, either side, at 95 %.
struct estimate {
  double mean = 0;
  double half_width = 0;  // 0 where one value alone says nothing about it
};

// Of independent values, by Student's t.
estimate estimate_of(std::span<const double> values);

}  // namespace lars::lab
