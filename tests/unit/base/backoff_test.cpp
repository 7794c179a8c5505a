#include "base/backoff.hpp"

#include <catch2/catch.hpp>

namespace lars::backoff_test {

using namespace lars::base;
using std::chrono::milliseconds;

TEST_CASE("waits grow to the bound and stay between half of it and the whole") {
  backoff waits({milliseconds(50), milliseconds(300)});
  for (const int bound : {50, 100, 200, 300, 300}) {
    const auto wait = waits.next(0x123456789abcdefu);
    CHECK(wait >= milliseconds(bound / 2));
    CHECK(wait <= milliseconds(bound));
  }
}

TEST_CASE("a success resets the wait") {
  backoff waits({milliseconds(50), milliseconds(1000)});
  for (int i = 0; i < 10; ++i) waits.next(7);
  waits.reset();
  CHECK(waits.next(~std::uint64_t{0}) <= milliseconds(50));
}

TEST_CASE("the draw spreads the waits") {
  backoff low({milliseconds(100), milliseconds(100)});
  CHECK(low.next(0) == milliseconds(50));
  CHECK(low.next(50) == milliseconds(100));
  CHECK(low.next(51) == milliseconds(50));
}

}  // namespace lars::backoff_test
