#include "dns/watch/memory_peak.hpp"

#include <catch2/catch.hpp>

namespace lars::dns::memory_peak_test {

TEST_CASE("Memory goes back when more than half of the subscriptions have gone, and again at half of that") {
  memory_peak peak;
  CHECK_FALSE(peak.has_passed(100'000));
  CHECK_FALSE(peak.has_passed(60'000));
  CHECK(peak.has_passed(50'000));
  CHECK_FALSE(peak.has_passed(50'000));
  CHECK_FALSE(peak.has_passed(30'000));
  CHECK(peak.has_passed(0));
  CHECK_FALSE(peak.has_passed(0));
}

TEST_CASE("What a few leave is kept for those who come") {
  memory_peak peak;
  CHECK_FALSE(peak.has_passed(memory_peak::worthwhile - 1));
  CHECK_FALSE(peak.has_passed(0));
}

}  // namespace lars::dns::memory_peak_test
