// Logarithm and exponential that come out the same to the last bit on every machine with IEEE doubles, which those of
// the system's library do not. For whoever promises the same result for the same seed.
#pragma once

#include <bit>
#include <cstdint>

namespace lars::base {

// Additions, multiplications and divisions alone, in this order: the build forbids the compiler to fuse them
// (-ffp-contract=off). Both are within 1e-14 of the truth, relatively.

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
  // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is within 0.172.
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
  return 2 * s * sum + static_cast<double>(exponent) * ln2;
}

// e to the power x; 0 far below, the largest power there is far above. REQUIRES: x is a number.
inline double portable_exp(double x) {
  constexpr double ln2_high = 0.693147180369123816490;  // 32 bits, so that its product with a small integer is exact
  constexpr double ln2_low = 1.90821492927058770002e-10;
  constexpr double per_ln2 = 1.44269504088896340736;
  if (x < -708) return 0;
  if (x > 709) x = 709;
  const double scaled = x * per_ln2;
  const auto power = static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - static_cast<double>(power) * ln2_high) - static_cast<double>(power) * ln2_low;
  // 1 / k!, from the 14th power down. No divisions: the agent does this for every host that was called, every round.
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
