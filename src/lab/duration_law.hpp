// Random durations whose draws are the same on every machine: the standard library's distributions differ between
// libraries, and so do the system's logarithms.
#pragma once

#include "base/random.hpp"
#include "lab/instant.hpp"

namespace lars::lab {

enum class law_kind { fixed, exponential, gamma, lognormal };

// How long something takes. Immutable after construction.
struct duration_law {
  law_kind kind = law_kind::gamma;
  instant mean{0};
  double cv = 1;  // standard deviation in means; gamma and lognormal alone. REQUIRES: 0.05 .. 10

  // REQUIRES: mean >= 0.
  instant draw(base::random_source& random) const;
};

// Uniform within (0, 1), neither end included.
double draw_unit(base::random_source& random);

// Both of mean 1 and 0, of deviation 1.
double draw_exponential(base::random_source& random);
double draw_normal(base::random_source& random);

// Of mean 1. REQUIRES: cv > 0.
double draw_gamma(base::random_source& random, double cv);
double draw_lognormal(base::random_source& random, double cv);

}  // namespace lars::lab
