#include "lab/duration_law.hpp"

#include <cmath>

#include "base/portable_math.hpp"

namespace lars::lab {
namespace {

// Marsaglia and Tsang 2000. REQUIRES: shape >= 1.
double draw_large_gamma(base::random_source& random, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draw_normal(random);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (base::portable_ln(draw_unit(random)) < 0.5 * x * x + d - d * v + d * base::portable_ln(v)) return d * v;
  }
}

// A sum of exponentials: one logarithm of a product of uniforms.
double draw_erlang(base::random_source& random, int shape) {
  double product = 1;
  for (int i = 0; i < shape; ++i) product *= draw_unit(random);
  return -base::portable_ln(product);
}

}  // namespace

double draw_unit(base::random_source& random) { return (static_cast<double>(random() >> 12) + 0.5) * 0x1p-52; }

double draw_exponential(base::random_source& random) { return -base::portable_ln(draw_unit(random)); }

// Marsaglia's polar method. The second value is discarded, so that draws keep no state.
double draw_normal(base::random_source& random) {
  for (;;) {
    const double u = 2 * draw_unit(random) - 1;
    const double v = 2 * draw_unit(random) - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * base::portable_ln(s) / s);
  }
}

double draw_gamma(base::random_source& random, double cv) {
  const double shape = 1 / (cv * cv);
  constexpr int most_factors = 16;  // uniforms in a product, which stays far above the smallest double
  const int whole = static_cast<int>(shape + 0.5);
  if (shape <= most_factors && shape == whole) return draw_erlang(random, whole) / shape;
  if (shape >= 1) return draw_large_gamma(random, shape) / shape;
  const double power = base::portable_exp(base::portable_ln(draw_unit(random)) / shape);
  return draw_large_gamma(random, shape + 1) * power / shape;
}

double draw_lognormal(base::random_source& random, double cv) {
  const double variance = base::portable_ln(1 + cv * cv);
  return base::portable_exp(std::sqrt(variance) * draw_normal(random) - variance / 2);
}

instant duration_law::draw(base::random_source& random) const {
  if (kind == law_kind::fixed) return mean;
  const double times = kind == law_kind::exponential ? draw_exponential(random)
                       : kind == law_kind::gamma     ? draw_gamma(random, cv)
                                                     : draw_lognormal(random, cv);
  return instant(static_cast<instant::rep>(times * static_cast<double>(mean.count()) + 0.5));
}

}  // namespace lars::lab
