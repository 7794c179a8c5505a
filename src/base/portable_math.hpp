// Logarithm and exponential with bit-identical results on every machine with IEEE doubles, which the system's library
// does not guarantee. For code that promises the same result for the same seed.
#pragma once

#include <bit>
#include <cstdint>

namespace lars::base {

// Both functions only add, multiply and divide, in a fixed order; the build forbids the compiler to fuse operations
// (-ffp-contract=off). Their relative error is below 1e-14.

// The natural logarithm. REQUIRES: x is a normal number above 0.
inline double portable_ln(double x) {
  constexpr double ln2 = 0.69314718055994530942;
  constexpr double sqrt2 = 1.41421356237309504880;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
  if (m > sqrt2) {
    m *= 0.5;
    ++exponent;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); the argument of artanh is within 0.172.
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
  return 2 * s * sum + static_cast<double>(exponent) * ln2;
}

// e to the power x. 0 for x < -708; e to the power 709 for x > 709. REQUIRES: x is not NaN.
inline double portable_exp(double x) {
  constexpr double ln2_high = 0.693147180369123816490;  // 32 bits, so that its product with a small integer is exact
  constexpr double ln2_low = 1.90821492927058770002e-10;
  constexpr double per_ln2 = 1.44269504088896340736;
  if (x < -708) return 0;
  if (x > 709) x = 709;
  const double scaled = x * per_ln2;
  const auto power = static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - static_cast<double>(power) * ln2_high) - static_cast<double>(power) * ln2_low;
  // 1 / k! for k = 14 down to 0. Constants, because the agent runs this every round for every host that was called.
  constexpr double terms[] = {1.0 / 87178291200.0,
                              1.0 / 6227020800.0,
                              1.0 / 479001600.0,
                              1.0 / 39916800.0,
                              1.0 / 3628800.0,
                              1.0 / 362880.0,
                              1.0 / 40320.0,
                              1.0 / 5040.0,
                              1.0 / 720.0,
                              1.0 / 120.0,
                              1.0 / 24.0,
                              1.0 / 6.0,
                              0.5,
                              1.0,
                              1.0};
  double sum = 0;
  for (const double term : terms) sum = sum * r + term;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(power + 1023) << 52);
}

}  // namespace lars::base
