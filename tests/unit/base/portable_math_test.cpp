#include "base/portable_math.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <initializer_list>

namespace lars::portable_math_test {

using lars::base::portable_exp;
using lars::base::portable_ln;

TEST_CASE("the logarithm is within 1e-14 of the library's, from the smallest normal number to the largest") {
  for (double x = 2.3e-308; x < 1e308; x *= 1.37) {
    INFO(x);
    CHECK(std::abs(portable_ln(x) - std::log(x)) <= 1e-14 * std::abs(std::log(x)) + 1e-16);
  }
  CHECK(portable_ln(1.0) == 0);
}

TEST_CASE("the exponential is within 1e-14 of the library's, and 0 far below") {
  for (double x = -700; x < 700; x += 0.73) {
    INFO(x);
    CHECK(std::abs(portable_exp(x) / std::exp(x) - 1) <= 1e-14);
  }
  CHECK(portable_exp(0) == 1);
  CHECK(portable_exp(-1000) == 0);
  CHECK(std::isfinite(portable_exp(1000)));
}

TEST_CASE("both functions give recorded results to the last bit") {
  CHECK(portable_ln(0.1) == -0x1.26bb1bbb55515p+1);
  CHECK(portable_exp(-0.1) == 0x1.cf46d99d52b3ap-1);
}

}  // namespace lars::portable_math_test
