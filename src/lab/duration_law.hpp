// Random durations that are the same on every machine. The distributions and logarithms of standard libraries differ.
#pragma once

#include "base/random.hpp"
#include "lab/instant.hpp"

namespace lars::lab {

enum class law_kind { fixed, exponential, gamma, lognormal };

// A distribution of durations. Immutable after construction.
struct duration_law {
  law_kind kind = law_kind::gamma;
  instant mean{0};
  double cv = 1;  // standard deviation over mean; for gamma and lognormal. REQUIRES: 0.05 .. 10

  // REQUIRES: mean >= 0.
  instant draw(base::random_source& random) const;
};

// Uniform in the open interval (0, 1).
double draw_unit(base::random_source& random);

// Exponential with mean 1, normal with mean 0; both with deviation 1.
double draw_exponential(base::random_source& random);
double draw_normal(base::random_source& random);

// With mean 1. REQUIRES: cv > 0.
double draw_gamma(base::random_source& random, double cv);
double draw_lognormal(base::random_source& random, double cv);

}  // namespace lars::lab
